FROM rocker/shiny-verse:4.3.2
RUN apt-get update -qq && apt-get -y --no-install-recommends install \
    libudunits2-dev libgdal-dev libgeos-dev libproj-dev \
    && rm -rf /var/lib/apt/lists/*
ENV RENV_VERSION 1.0.3
RUN R -e "install.packages('remotes', repos = c(CRAN = 'https://cloud.r-project.org'))" \
 && R -e "remotes::install_github('rstudio/renv@${RENV_VERSION}')"
COPY renv.lock /srv/shiny-server/
RUN cd /srv/shiny-server && R -e 'renv::restore()'
COPY app.R /srv/shiny-server/
COPY R/ /srv/shiny-server/R/
RUN sed -i -e 's/site_dir \/srv\/shiny-server;/app_dir \/srv\/shiny-server;/' /etc/shiny-server/shiny-server.conf
USER shiny
EXPOSE 3838
