# Ridge by MASS::lm.ridge on demeaned logarithms of plm's Produc data (as shipped by the test
# dependency linearmodels), and by textbook formulas: Rscript make.R
# input.csv is written by make.py from linearmodels.datasets.munnell, columns demeaned by state.
library(MASS)
d <- read.csv("input.csv")
lambda <- c(0, 0.5, 2, 10, 50, 200)
# an intercept of demeaned data is zero; lm.ridge divides columns by root mean squares
f <- lm.ridge(y ~ x1 + x2 + x3 + x4, data = d, lambda = lambda)
b <- coef(f)[, -1]
out <- data.frame(lambda = lambda, b, gcv = f$GCV)
write.csv(format(out, digits = 16), "ridge.csv", row.names = FALSE, quote = FALSE)
x <- as.matrix(d[, c("x1", "x2", "x3", "x4")])
r <- cor(x)
vif <- diag(solve(r))
write.csv(format(data.frame(term = names(vif), vif = vif, hkb = f$kHKB), digits = 16), "vif.csv", row.names = FALSE, quote = FALSE)
cat(R.version.string, as.character(packageVersion("MASS")), "\n")
