FROM python:2.7
MAINTAINER Ops Team <ops@example.net>
ADD requirements.txt /code/requirements.txt
WORKDIR /code
RUN pip install -r requirements.txt
ADD . /code
ENV PYTHONPATH /code
EXPOSE 5000
CMD python manage.py runserver 0.0.0.0:5000
