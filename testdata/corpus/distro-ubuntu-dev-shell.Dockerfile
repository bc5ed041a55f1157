FROM ubuntu:noble
ARG USERNAME=dev
ARG USER_UID=1000
ARG USER_GID=$USER_UID
# The stock image has a user with this uid already.
RUN userdel -r ubuntu || true
RUN groupadd --gid $USER_GID $USERNAME \
    && useradd --uid $USER_UID --gid $USER_GID -m $USERNAME -s /bin/zsh
RUN <<APT
apt-get update
apt-get install -y --no-install-recommends zsh neovim tmux ripgrep fd-find openssh-client
rm -rf /var/lib/apt/lists/*
APT
USER ${USERNAME}
WORKDIR /home/${USERNAME}
COPY --chown=${USER_UID}:${USER_GID} <<-"ZSHRC" .zshrc
	autoload -U compinit && compinit
	PROMPT='%n@%m %~ %# '
	alias g=git
ZSHRC
CMD ["zsh", "-l"]
