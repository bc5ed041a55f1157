FROM julia:1.10-bookworm
ENV JULIA_DEPOT_PATH=/opt/julia JULIA_PKG_PRECOMPILE_AUTO=0
RUN julia -e 'using Pkg; Pkg.add(["Pluto", "PlutoUI", "DataFrames", "CSV"]); Pkg.precompile()'
RUN useradd -m -u 1000 pluto && chown -R pluto /opt/julia
USER pluto
WORKDIR /home/pluto
COPY --chown=pluto notebooks/*.jl ./
EXPOSE 1234
CMD ["julia", "-e", "using Pluto; Pluto.run(host=\"0.0.0.0\", port=1234, launch_browser=false, require_secret_for_access=false)"]
