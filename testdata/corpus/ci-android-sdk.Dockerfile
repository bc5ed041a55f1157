FROM ubuntu:22.04
LABEL description="Android SDK for CI"
ENV ANDROID_SDK_ROOT=/opt/android-sdk-linux \
    ANDROID_CMDLINE=9477386
ENV PATH=${ANDROID_SDK_ROOT}/cmdline-tools/latest/bin:${ANDROID_SDK_ROOT}/platform-tools:${PATH}
RUN apt-get update && apt-get install --no-install-recommends -y openjdk-17-jdk-headless wget unzip git && rm -rf /var/lib/apt/lists/*
RUN mkdir -p ${ANDROID_SDK_ROOT}/cmdline-tools && cd ${ANDROID_SDK_ROOT}/cmdline-tools && \
    wget -q https://dl.google.com/android/repository/commandlinetools-linux-${ANDROID_CMDLINE}_latest.zip && \
    unzip *tools*linux*.zip && mv cmdline-tools latest && rm *tools*linux*.zip
RUN yes | sdkmanager --licenses > /dev/null
ARG PLATFORM=34
RUN sdkmanager "platform-tools" "platforms;android-${PLATFORM}" "build-tools;${PLATFORM}.0.0"
