FROM --platform=linux/arm/v7 alpine:3.18 AS sensor
WORKDIR /opt/sensor
COPY --link sensor.py mqtt.json ./
RUN apk add --no-cache python3 py3-paho-mqtt py3-smbus
CMD ["python3", "sensor.py"]
