FROM selenium/standalone-chrome:119.0
USER root
RUN apt-get update -qqy && apt-get -qqy install python3-pip xvfb && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER 1200
WORKDIR /home/seluser/tests
COPY --chown=1200:1201 tests/requirements.txt .
RUN pip3 install --user -r requirements.txt
COPY --chown=1200:1201 tests .
ENV SE_SCREEN_WIDTH=1920 SE_SCREEN_HEIGHT=1080 DISPLAY=:99.0
CMD ["xvfb-run", "python3", "-m", "pytest", "-n", "4"]
