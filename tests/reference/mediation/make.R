# Paths, delta errors, CR2 p-values and sensitivity by lm on all dummy variables; Produc of plm.
# Rscript make.R  (R 4.2.2, plm 2.6.2, clubSandwich 0.5.8)
suppressMessages({library(plm); library(clubSandwich)})
data(Produc)
d <- data.frame(state = Produc$state, year = Produc$year, y = log(Produc$gsp),
                x = log(Produc$pcap), m1 = log(Produc$pc), m2 = log(Produc$emp), w = Produc$unemp)
out <- data.frame()
put <- function(case, quantity, value)
  out <<- rbind(out, data.frame(case = case, quantity = quantity, value = value))
effects <- list(twoway = "factor(state) + factor(year)", entity = "factor(state)")
residuals_of <- function(target, on, fx) resid(lm(as.formula(paste(target, "~", on, "+", fx)), d))
few <- function(fit, term) {
  v <- vcovCR(fit, cluster = d$state, type = "CR2")
  coef_test(fit, vcov = v, test = "Satterthwaite", coefs = term)$p_Satt
}
for (e in names(effects)) {
  fx <- effects[[e]]
  fit <- function(target, on) lm(as.formula(paste(target, "~", on, "+", fx)), d)
  full <- fit("y", "x + m1 + m2 + w")
  total <- fit("y", "x + w")
  a1 <- fit("m1", "x + w")
  a2 <- fit("m2", "x + w")
  a2s <- fit("m2", "x + m1 + w")
  b <- coef(full); case <- e
  put(case, "total", coef(total)["x"]); put(case, "direct", b["x"])
  put(case, "a1", coef(a1)["x"]); put(case, "a2", coef(a2)["x"])
  put(case, "b1", b["m1"]); put(case, "b2", b["m2"])
  put(case, "indirect1", coef(a1)["x"] * b["m1"]); put(case, "indirect2", coef(a2)["x"] * b["m2"])
  put(case, "serial_a2", coef(a2s)["x"]); put(case, "serial_between", coef(a2s)["m1"])
  put(case, "serial_chain", coef(a1)["x"] * coef(a2s)["m1"] * b["m2"])
  for (q in c("a1", "a2")) put(case, paste0("p_few_", q), few(get(q), "x"))
  for (m in c("m1", "m2")) put(case, paste0("p_few_b_", m), few(full, m))
  # Correlation of errors at which the indirect effect vanishes, and the effect at rho = 0.3.
  for (m in c("m1", "m2")) {
    rest <- paste(c("x", setdiff(c("m1", "m2"), m), "w"), collapse = " + ")
    e1 <- residuals_of("y", rest, fx); e2 <- residuals_of(m, rest, fx)
    r <- cor(e1, e2); put(case, paste0("rho_", m), r)
    a <- coef(get(sub("m", "a", m)))["x"]
    put(case, paste0("at_0.3_", m),
        a * sd(e1) / sd(e2) * (r - 0.3 * sqrt((1 - r^2) / (1 - 0.3^2))))
  }
  # Delta method with errors clustered by state, factor 1: sums of both equations' scores by state.
  score <- function(f, term) {
    z <- resid(lm(model.matrix(f)[, term] ~ model.matrix(f)[, colnames(model.matrix(f)) != term] - 1))
    tapply(z * resid(f), d$state, sum) / sum(z^2)
  }
  for (k in 1:2) {
    a <- get(paste0("a", k)); m <- paste0("m", k)
    s <- b[m] * score(a, "x") + coef(a)["x"] * score(full, m)
    put(case, paste0("se_none_indirect", k), sqrt(sum(s^2)))
  }
}
out$value <- formatC(out$value, digits = 15, format = "g")
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
