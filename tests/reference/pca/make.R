# Principal components, KMO and Bartlett's test by R psych (GPL; only its numbers are kept).
# Run: Rscript make.R in this folder. Measured with R 4.2.2 and psych 2.2.9.
suppressMessages(library(psych))
x <- read.csv("input.csv", check.names = FALSE)
x <- x[, !(names(x) %in% c("state", "year"))]
r <- cor(x)
e <- eigen(r, symmetric = TRUE)
k <- KMO(r)
b <- cortest.bartlett(r, n = nrow(x))
kept <- sum(e$values > 1)
p <- principal(r, nfactors = kept, rotate = "none")
loadings <- unclass(p$loadings)
out <- data.frame(what = character(), row = character(), column = integer(), value = numeric())
add <- function(what, row, column, value) {
  out[nrow(out) + 1, ] <<- list(what, row, column, value)
}
for (i in seq_along(e$values)) add("eigenvalue", "", i, e$values[i])
for (i in seq_len(ncol(x))) for (j in seq_len(kept)) {
  sign <- ifelse(sum(loadings[, j]) < 0, -1, 1)
  add("loading", names(x)[i], j, sign * loadings[i, j])
}
for (i in seq_len(ncol(x))) add("adequacy", names(x)[i], 0, k$MSAi[i])
for (i in seq_len(ncol(x))) add("communality", names(x)[i], 0, p$communality[i])
add("kmo", "", 0, k$MSA)
add("chi2", "", 0, b$chisq)
add("df", "", 0, b$df)
add("p", "", 0, b$p.value)
out$value <- format(out$value, digits = 15, trim = TRUE)
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
cat(R.version.string, as.character(packageVersion("psych")), "\n")
