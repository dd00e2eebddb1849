# Makes relations.csv and expected.json: sna's correlation and regression of relations.
#
# Run: Rscript make.R        (R with sna, jsonlite)
suppressMessages(library(sna))
set.seed(3)
n <- 12
x1 <- matrix(rnorm(n * n), n); x2 <- matrix(runif(n * n), n)
y <- (1 + 0.8 * x1 - 0.35 * x2 + matrix(rnorm(n * n), n))
diag(x1) <- diag(x2) <- diag(y) <- 0
cells <- which(diag(n) == 0, arr.ind = TRUE)
write.csv(data.frame(i = cells[, 1], j = cells[, 2], y = y[cells], x1 = x1[cells], x2 = x2[cells]),
          "relations.csv", row.names = FALSE)
fit <- netlm(y, list(x1, x2), mode = "digraph", nullhyp = "qapspp", reps = 2000)
out <- list(
  programs = list(R = R.version.string, sna = as.character(packageVersion("sna"))),
  correlation = gcor(y, x1, mode = "digraph"),
  coefficient = as.numeric(fit$coefficients), t = as.numeric(fit$tstat),
  p = as.numeric(fit$pgreqabs), r2 = 1 - sum(fit$residuals^2) / sum((y[cells] - mean(y[cells]))^2)
)
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "expected.json")
