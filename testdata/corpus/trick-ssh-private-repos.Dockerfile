# syntax=docker/dockerfile:1
FROM golang:1.21-alpine
RUN apk add --no-cache openssh-client git
RUN mkdir -p -m 0700 ~/.ssh && ssh-keyscan git.example.com >> ~/.ssh/known_hosts
RUN git config --global url."git@git.example.com:".insteadOf "https://git.example.com/"
ENV GOPRIVATE=git.example.com/*
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=ssh,required go mod download
COPY . .
RUN go install ./...
