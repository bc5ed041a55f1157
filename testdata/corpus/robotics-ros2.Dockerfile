ARG ROS_DISTRO=humble
FROM osrf/ros:${ROS_DISTRO}-desktop AS overlay
ARG ROS_DISTRO
ENV ROS_WS=/opt/ros/ws
WORKDIR $ROS_WS
COPY src/ src/
RUN apt-get update && rosdep update --rosdistro $ROS_DISTRO && rosdep install -y --from-paths src --ignore-src && rm -rf /var/lib/apt/lists/*
SHELL ["/bin/bash", "-c"]
RUN source /opt/ros/$ROS_DISTRO/setup.bash && colcon build --symlink-install --event-handlers console_direct+
RUN sed --in-place --expression '$isource "$ROS_WS/install/setup.bash"' /ros_entrypoint.sh
CMD ["ros2", "launch", "rover_bringup", "rover.launch.py"]
