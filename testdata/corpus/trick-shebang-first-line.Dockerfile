#!/usr/bin/env -S docker build -t self -f
# syntax=docker/dockerfile:1
FROM alpine
RUN echo self-building
