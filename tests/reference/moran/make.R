# Makes columbus.csv, pairs.csv and expected.json: spdep's global statistics of Columbus, Ohio.
#
# Run: Rscript make.R        (R with spdep, spData, jsonlite)
suppressMessages(library(spdep))
data(columbus, package = "spData")
nb <- col.gal.nb
x <- columbus$CRIME
y <- columbus$HOVAL
write.csv(data.frame(id = seq_along(x), crime = x, hoval = y), "columbus.csv",
          row.names = FALSE, quote = FALSE)
pairs <- do.call(rbind, lapply(seq_along(nb), function(i) cbind(a = i, b = nb[[i]])))
write.csv(pairs, "pairs.csv", row.names = FALSE, quote = FALSE)

both <- function(f, lw) {
  lapply(list(random = TRUE, normal = FALSE), function(r) {
    t <- f(x, lw, randomisation = r, alternative = "two.sided")
    list(value = unname(t$estimate[1]), expected = unname(t$estimate[2]),
         variance = unname(t$estimate[3]), z = unname(t$statistic), p = t$p.value)
  })
}
w <- nb2listw(nb, style = "W")
b <- nb2listw(nb, style = "B")
# asymmetric: the three nearest by centroid
near <- nb2listw(knn2nb(knearneigh(cbind(columbus$X, columbus$Y), 3)), style = "W")
near_pairs <- do.call(rbind, lapply(seq_along(near$neighbours), function(i)
  cbind(a = i, b = near$neighbours[[i]])))
write.csv(near_pairs, "nearest.csv", row.names = FALSE, quote = FALSE)
g <- globalG.test(x, b, alternative = "two.sided")
# spdep gives Geary's z the sign of (1 - C): a positive z means like near like
out <- list(
  programs = list(R = R.version.string, spdep = as.character(packageVersion("spdep")),
                  spData = as.character(packageVersion("spData"))),
  moran = both(moran.test, w), moran_binary = both(moran.test, b), moran_nearest = both(moran.test, near),
  geary = both(geary.test, w), geary_binary = both(geary.test, b), geary_nearest = both(geary.test, near),
  getis_ord = list(value = unname(g$estimate[1]), expected = unname(g$estimate[2]),
                   variance = unname(g$estimate[3]), z = as.numeric(g$statistic), p = as.numeric(g$p.value))
)
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "expected.json")
