FROM python:3.10 AS export
RUN pip install torch==2.1.0 onnx transformers==4.36 --index-url https://download.pytorch.org/whl/cpu
COPY export.py .
ARG MODEL=distilbert-base-uncased
ARG OPSET=17
RUN --mount=type=cache,target=/root/.cache/huggingface python export.py --model ${MODEL} --opset ${OPSET} --out /models/${MODEL//\//__}/1/model.onnx
FROM nvcr.io/nvidia/tritonserver:23.12-py3-min
COPY --from=export /models /models
COPY config.pbtxt /models/distilbert-base-uncased/
CMD ["tritonserver", "--model-repository=/models"]
