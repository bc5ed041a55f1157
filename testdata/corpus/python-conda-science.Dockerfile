FROM continuumio/miniconda3:23.10.0-1
SHELL ["/bin/bash", "--login", "-o", "pipefail", "-c"]
COPY environment.yml /tmp/
RUN conda env create -n lab -f /tmp/environment.yml && conda clean -afy
RUN echo "conda activate lab" >> ~/.bashrc
RUN conda activate lab && python -m ipykernel install --name lab
WORKDIR /notebooks
VOLUME /notebooks
EXPOSE 8888
ENTRYPOINT ["conda", "run", "--no-capture-output", "-n", "lab"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--allow-root"]
