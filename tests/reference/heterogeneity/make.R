# Slopes by group and their differences by lm on all dummies; Produc of plm.
# Groups: number of the state in alphabetical order, modulo 3.
# Rscript make.R  (R 4.2.2, plm 2.6.2, clubSandwich 0.5.8)
suppressMessages({library(plm); library(clubSandwich)})
data(Produc)
d <- data.frame(state = Produc$state, year = Produc$year, y = log(Produc$gsp),
                x = log(Produc$pcap), w = log(Produc$emp))
d$g <- (as.integer(factor(as.character(d$state))) - 1) %% 3
out <- data.frame()
put <- function(q, e, s, cr2, df, p) out <<- rbind(out, data.frame(quantity = q, estimate = e,
  se_cr1 = s, se_cr2 = cr2, df_few = df, p_few = p))
row <- function(q, fit, term) {
  v1 <- vcovCR(fit, cluster = d$state, type = "CR1"); v2 <- vcovCR(fit, cluster = d$state, type = "CR2")
  t2 <- coef_test(fit, vcov = v2, test = "Satterthwaite", coefs = term)
  put(q, coef(fit)[term], sqrt(v1[term, term]), t2$SE, t2$df_Satt, t2$p_Satt)
}
for (g in 0:2) d[[paste0("x", g)]] <- d$x * (d$g == g)
fit <- lm(y ~ x0 + x1 + x2 + w + factor(state) + factor(year), d)
for (g in 0:2) row(paste0("slope_", g), fit, paste0("x", g))
f1 <- lm(y ~ x0 + x + x2 + w + factor(state) + factor(year), d); row("0-1", f1, "x0")
f2 <- lm(y ~ x0 + x1 + x + w + factor(state) + factor(year), d); row("0-2", f2, "x0"); row("1-2", f2, "x1")
v <- vcovCR(fit, cluster = d$state, type = "CR1")[c("x0", "x1", "x2"), c("x0", "x1", "x2")]
K <- rbind(c(-1, 1, 0), c(-1, 0, 1)); gap <- K %*% coef(fit)[c("x0", "x1", "x2")]
W <- drop(t(gap) %*% solve(K %*% v %*% t(K), gap)); G <- 48; q <- 2
f <- W * (G - q) / (q * (G - 1)); put("equality", f, NA, NA, G - q, pf(f, q, G - q, lower.tail = FALSE))
for (n in names(out)[-1]) out[[n]] <- formatC(out[[n]], digits = 15, format = "g")
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
