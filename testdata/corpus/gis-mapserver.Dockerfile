FROM ghcr.io/osgeo/gdal:ubuntu-small-3.8.0 AS tiles
RUN apt-get update && apt-get install -y osmium-tool sqlite3
COPY *.osm.pbf /in/
RUN osmium tags-filter /in/*.pbf w/highway=motorway,trunk,primary -o /roads.pbf
RUN ogr2ogr -f GPKG /roads.gpkg /roads.pbf -nln roads -sql "SELECT name, highway FROM lines WHERE highway IS NOT NULL"
FROM camptocamp/mapserver:8.0
COPY --from=tiles --chown=www-data /roads.gpkg /data/
COPY mapserver.map /etc/mapserver/
ENV MS_MAPFILE=/etc/mapserver/mapserver.map MS_MAP_PATTERN=^\\/etc\\/mapserver\\/
