# Makes expected.csv: location and scale by lm on dummies, quantiles by quantreg::rq without a
# constant. Rscript make.R
# R 4.2.2, plm 2.6.2, quantreg 5.94
suppressMessages({library(plm); library(quantreg)})
data("Grunfeld", package = "plm"); data("Produc", package = "plm")
g <- data.frame(i = factor(Grunfeld$firm), t = factor(Grunfeld$year), y = Grunfeld$inv,
                x = Grunfeld$value, w = Grunfeld$capital)
p <- data.frame(i = factor(Produc$state), t = factor(Produc$year), y = log(Produc$gsp),
                x = log(Produc$emp), w = Produc$unemp)
out <- NULL
for (name in c("grunfeld", "produc")) for (effects in c("none", "entity", "twoway")) {
  d <- list(grunfeld = g, produc = p)[[name]]
  f <- paste("~ x + w", if (effects != "none") "+ i", if (effects == "twoway") "+ t")
  one <- lm(as.formula(paste("y", f)), d)
  d$r <- resid(one); d$a <- abs(d$r)
  two <- lm(as.formula(paste("a", f)), d)
  d$s <- fitted(two)
  for (tau in c(0.1, 0.25, 0.5, 0.75, 0.9)) {
    q <- coef(suppressWarnings(rq(r ~ 0 + s, tau = tau, data = d)))[[1]]
    for (term in c("x", "w"))
      out <- rbind(out, data.frame(case = paste(name, effects, sep = "/"), tau = tau, term = term,
        location = coef(one)[[term]], scale = coef(two)[[term]], q = q,
        slope = coef(one)[[term]] + q * coef(two)[[term]], low = mean(d$s <= 0)))
  }
}
out[4:8] <- lapply(out[4:8], function(v) trimws(format(v, digits = 16)))
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
