# Interaction, marginal effects, Johnson-Neyman limits and bins by lm on all dummies; Produc of plm.
# Rscript make.R  (R 4.2.2, plm 2.6.2, clubSandwich 0.5.8)
suppressMessages({library(plm); library(clubSandwich)})
data(Produc)
d <- data.frame(state = Produc$state, year = Produc$year, y = log(Produc$gsp),
                x = log(Produc$pc), m = Produc$unemp, w = log(Produc$emp))
out <- data.frame()
put <- function(q, v) out <<- rbind(out, data.frame(quantity = q, value = v))
G <- length(unique(d$state))
centre <- mean(d$m)
d$xm <- (d$x - mean(d$x)) * (d$m - centre)
fit <- lm(y ~ x + xm + m + w + factor(state) + factor(year), d)
v <- vcovCR(fit, cluster = d$state, type = "CR1")
b <- coef(fit)
put("x", b["x"]); put("xm", b["xm"]); put("se_x", sqrt(v["x", "x"])); put("se_xm", sqrt(v["xm", "xm"]))
cr2 <- vcovCR(fit, cluster = d$state, type = "CR2")
put("p_few_xm", coef_test(fit, vcov = cr2, test = "Satterthwaite", coefs = "xm")$p_Satt)
me <- function(at) b["x"] + b["xm"] * (at - centre)
se <- function(at) sqrt(v["x", "x"] + 2 * (at - centre) * v["x", "xm"] + (at - centre)^2 * v["xm", "xm"])
for (i in 0:2) {
  at <- min(d$m) + i / 2 * diff(range(d$m))
  put(paste0("me_", i), me(at)); put(paste0("se_me_", i), se(at))
}
crit <- qt(0.975, G - 1)
gap <- function(at) abs(me(at)) - crit * se(at)
grid <- seq(min(d$m), max(d$m), length.out = 4000); s <- sapply(grid, gap)
turn <- which(s[-1] * s[-length(s)] < 0); put("roots", length(turn))
for (i in seq_along(turn))
  put(paste0("root_", i), uniroot(gap, grid[turn[i] + 0:1], tol = 1e-14)$root)
# double demeaned
dm <- function(z) z - ave(z, d$state)
d$dd <- dm(d$x) * dm(d$m)
two <- lm(y ~ x + dd + m + w + factor(state) + factor(year), d)
put("dd", coef(two)["dd"]); put("se_dd", sqrt(vcovCR(two, cluster = d$state, type = "CR1")["dd", "dd"]))
# bins of Hainmueller, Mummolo and Xu
cuts <- quantile(d$m, c(1, 2) / 3)
bin <- findInterval(d$m, cuts) + 1
for (j in 1:3) {
  med <- median(d$m[bin == j]); on <- as.numeric(bin == j)
  d[[paste0("a", j)]] <- d$x * on; d[[paste0("b", j)]] <- d$x * (d$m - med) * on
  d[[paste0("e", j)]] <- (d$m - med) * on; d[[paste0("g", j)]] <- on
}
bins <- lm(y ~ a1 + a2 + a3 + b1 + b2 + b3 + e1 + e2 + e3 + g2 + g3 + w + factor(state) + factor(year), d)
vb <- vcovCR(bins, cluster = d$state, type = "CR1")
for (j in 1:3) {
  put(paste0("bin_", j), coef(bins)[paste0("a", j)])
  put(paste0("se_bin_", j), sqrt(vb[paste0("a", j), paste0("a", j)]))
}
out$value <- formatC(out$value, digits = 15, format = "g")
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
