# Minimum detectable effects and power by CR2 errors and the noncentral t; Grunfeld and Produc of plm.
# Rscript make.R  (R 4.2.2, plm 2.6.2, clubSandwich 0.5.8)
suppressMessages({library(plm); library(clubSandwich)})
data(Grunfeld); data(Produc)
g <- data.frame(id = Grunfeld$firm, t = Grunfeld$year, y = Grunfeld$inv, a = Grunfeld$value,
                b = Grunfeld$capital)
p <- data.frame(id = Produc$state, t = Produc$year, y = log(Produc$gsp), a = log(Produc$pcap),
                b = log(Produc$emp))
out <- data.frame()
for (name in c("grunfeld", "produc")) for (e in c("entity", "twoway")) {
  d <- list(grunfeld = g, produc = p)[[name]]
  f <- if (e == "entity") y ~ a + b + factor(id) else y ~ a + b + factor(id) + factor(t)
  fit <- lm(f, d)
  test <- coef_test(fit, vcov = vcovCR(fit, cluster = d$id, type = "CR2"), test = "Satterthwaite",
                    coefs = c("a", "b"))
  mde <- (qt(0.975, test$df_Satt) + qt(0.8, test$df_Satt)) * test$SE
  at <- function(times) {
    crit <- qt(0.975, test$df_Satt); shift <- times * mde / test$SE
    pt(crit, test$df_Satt, shift, lower.tail = FALSE) + pt(-crit, test$df_Satt, shift)
  }
  within <- function(v) resid(lm(update(f, v ~ . - a - b), transform(d, v = d[[v]])))
  spread <- c(sd(within("a")), sd(within("b"))) / sd(within("y"))
  out <- rbind(out, data.frame(case = paste(name, e, sep = "/"), term = c("a", "b"), mde_few = mde,
    standardised = mde * spread, half = at(0.5), one = at(1), two = at(2)))
}
for (n in names(out)[-(1:2)]) out[[n]] <- formatC(out[[n]], digits = 15, format = "g")
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
