FROM public.ecr.aws/lambda/python:3.11
COPY requirements.txt ${LAMBDA_TASK_ROOT:-/var/task}
RUN pip install -r requirements.txt --target "${LAMBDA_TASK_ROOT:-/var/task}"
COPY handler.py ${LAMBDA_TASK_ROOT:-/var/task}/
CMD [ "handler.lambda_handler" ]
