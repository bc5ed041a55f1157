FROM alpine AS as
RUN apk add nasm binutils
COPY <<"ASM" /hello.asm
section .data
msg: db "hello, world", 10
section .text
global _start
_start:
    mov eax, 1
    mov edi, 1
    mov rsi, msg
    mov edx, 13
    syscall
    mov eax, 60
    xor edi, edi
    syscall
ASM
RUN nasm -felf64 /hello.asm -o /hello.o && ld -s -n -o /hello /hello.o
FROM scratch
COPY --from=as /hello /
CMD ["/hello"]
