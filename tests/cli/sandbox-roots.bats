# The root of a RUN, of images that have something else in the place of what is mounted there.
load helper
source "$BATS_TEST_DIRNAME/../support/walls.bash"

@test "S-01 /dev, /proc, /sys and /etc of an image that are something else lead nowhere" {
  local mode dir kind
  make_canary
  for dir in dev proc sys etc; do
    for kind in canary out magic file fifo missing; do
      mkdir root
      case $kind in
        canary) ln -s "$CANARY" "root/$dir" ;;
        out) ln -s ../../../.. "root/$dir" ;;
        magic) ln -s /proc/self/root "root/$dir" ;;
        file) echo x >"root/$dir" ;;
        fifo) mkfifo "root/$dir" ;;
        missing) touch "root/.no-$dir" ;;
      esac
      tree root
      dockerfile <<'END'
FROM scratch
ADD root.tar /
RUN ["/bin/busybox", "sh", "-c", "echo \"> $(/bin/busybox id -u)\"; for f in /etc/canary /dev/x /sys/x /proc/x; do echo x > $f; done; /bin/busybox grep -q localhost /etc/hosts && echo '> hosts'; true"]
END
      for mode in $MODES; do
        run timeout 120 bash -c "$(declare -f build_in as_user docker_profile); build_in $mode ."
        check_canary "/$dir as $kind in $mode"
        if [[ $status -eq 0 ]]; then
          [[ $(said) == $'0\nhosts' ]] || { echo "$mode /$dir $kind: $output"; return 1; }
        else
          # a FIFO that somebody opens would end in 124
          [[ $status -eq 125 ]] && grep -qE "cbuild: error: .*[/']($dir|etc/(hosts|resolv.conf|passwd))" <<<"$output" ||
            { echo "$mode /$dir $kind: $status $output"; return 1; }
        fi
        [[ $kind != missing || $status -eq 0 ]]
      done
    done
  done
}

@test "S-02 what an image has in the place of masks and devices is not what masks" {
  local mode pattern number
  pattern=$(cat /proc/sys/kernel/core_pattern)
  for number in 1 2 3; do
    mkdir -p root/dev/pts
    case $number in
      1) ln -s /proc/sys/kernel/core_pattern root/dev/null ;;
      2) echo file >root/dev/null ;;
      3) mknod root/dev/null c 1 8 ;;
    esac
    ln -s /proc/sys/kernel/core_pattern root/dev/console
    ln -s /proc/sys/kernel/core_pattern root/dev/pts/0
    ln -s /proc/sys/kernel/core_pattern root/dev/tty
    tree root
    dockerfile <<'END'
FROM scratch
ADD root.tar /
RUN ["/bin/busybox", "sh", "-c", "b=/bin/busybox; for f in /dev/null /dev/tty; do $b stat -c '> %F %t:%T' $f; done; for f in /dev/console /dev/pts/0 /proc/sys/kernel/core_pattern; do if echo '|/x' > $f; then echo \"> wrote $f\"; fi; done; for f in kcore keys timer_list interrupts; do test ! -e /proc/$f || echo \"> $f $($b cat /proc/$f | $b wc -c)\"; done; echo x > /dev/null; echo \"> over\""]
END
    for mode in $MODES; do
      # a device comes out of an archive as root only
      [[ $number != 3 || $mode == root ]] || continue
      run build_in "$mode" .
      assert_status 0
      [[ $(said | head -2) == $'character special file 1:3\ncharacter special file 5:0' ]] || { echo "$mode: $output"; return 1; }
      refute grep -E '(kcore|keys|timer_list|interrupts) [^0]' <(said)
      # what is not masked is a plain name in /dev, which the step may write to
      refute grep -E 'wrote /proc' <(said)
      [[ $(said | tail -1) == over ]]
      [[ $(cat /proc/sys/kernel/core_pattern) == "$pattern" ]]
    done
  done
}

# published WORD: the paths that docs/isolation.md says are so
published() { sed -n "s/^| \`\(\/[^\`]*\)\` | $1 |\$/\1/p" "$BATS_TEST_DIRNAME/../../docs/isolation.md"; }

@test "S-03 what is hidden and read-only is what the published table says" {
  local mode path
  [[ $(published hidden | wc -l) -ge 16 && $(published read-only | wc -l) -ge 7 ]]
  {
    echo 'FROM busybox'
    echo 'RUN <<EOF'
    echo 'set -f'
    echo "hidden='$(published hidden | tr '\n' ' ')' readonly='$(published read-only | tr '\n' ' ')'"
    cat <<'END'
set +f
for p in $hidden; do
  test -e $p || continue
  if test -d $p; then echo "> hidden $p $(ls -A $p | wc -l)"; mkdir $p/x && echo "> made $p/x"
  else echo "> hidden $p $(cat $p | wc -c)"; fi
done
for p in $readonly; do
  test -e $p || continue
  f=$p; test ! -d $p || f=$(find $p -type f -perm -200 2>/dev/null | head -1)
  test -z "$f" || ! (: >> $f) || echo "> wrote $f"
  test ! -d $p || ! mkdir $p/x || echo "> made $p/x"
  mount -o remount,rw,bind $p && echo "> remounted $p"
  umount $p && echo "> unmounted $p"
done
for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /sys/kernel/uevent_helper /proc/sys/kernel/core_pattern; do
  (echo /x > $f) && echo "> wrote $f"
done
awk '$5 ~ "^/(proc|sys)" { print "> mounted " $5 " " substr($6, 1, 2) }' /proc/self/mountinfo
true
EOF
END
  } >Dockerfile
  { published hidden; published read-only; } | sed 's/cpu\*/cpu[0-9]*/' >"$OUT/published"
  for mode in root rootless; do
    run build_in "$mode" .
    assert_status 0
    refute grep -E '^(made|wrote|remounted|unmounted)' <(said)
    refute grep -E '^hidden .* [^0]$' <(said)
    [[ $(said | grep -c ^hidden) -ge 4 ]]
    # the other way round: nothing is mounted there that the table does not name
    while read -r _ path access; do
      [[ $path != /proc ]] || continue
      # as a user, /sys is the outer one with what is mounted in it, all of it read-only
      [[ $mode == rootless && $path == /sys/* ]] && { [[ $access == ro || -f $path ]]; continue; }
      grep -qx -f "$OUT/published" <<<"$path" ||
        { echo "$mode: $path is mounted, and not in the table"; return 1; }
    done < <(said | grep ^mounted)
  done
}
