# Makes expected.json: spdep's local statistics of crime in Columbus, Ohio.
#
# Run: Rscript make.R        (R with spdep, spData, jsonlite; input in ../moran)
suppressMessages(library(spdep))
data(columbus, package = "spData")
nb <- col.gal.nb
x <- columbus$CRIME
w <- nb2listw(nb, style = "W")
own <- nb2listw(include.self(nb), style = "B")
out <- list(
  programs = list(R = R.version.string, spdep = as.character(packageVersion("spdep")),
                  spData = as.character(packageVersion("spData"))),
  local_moran = unname(localmoran(x, w, mlvar = TRUE)[, "Ii"]),
  local_moran_unbiased = unname(localmoran(x, w, mlvar = FALSE)[, "Ii"]),
  gi_star = as.numeric(localG(x, own))
)
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "expected.json")
