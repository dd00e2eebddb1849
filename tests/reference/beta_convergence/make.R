# Makes expected.csv: growth of gross state product on its initial level, 48 US states 1970-1986.
# Run: Rscript make.R        (Debian: r-cran-plm r-cran-sandwich r-cran-clubsandwich)
# Versions used: R 4.2.2, plm 2.6.2, sandwich 3.0.2, clubSandwich 0.5.8.
suppressPackageStartupMessages({library(plm); library(sandwich); library(clubSandwich)})
data("Produc", package = "plm")
d <- data.frame(id = as.integer(factor(Produc$state)), t = Produc$year, y = log(Produc$gsp),
                unemp = Produc$unemp)
d <- d[order(d$id, d$t), ]

line <- function(model, fit, cluster, hc1) {
  cr2 <- coef_test(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  row <- match("x", rownames(cr2))
  data.frame(model = model, estimate = unname(coef(fit)["x"]), std_error = hc1,
             std_error_cr2 = cr2$SE[row], df_few = cr2$df_Satt[row], p_few = cr2$p_Satt[row])
}

first <- d[d$t == 1970, ]; last <- d[d$t == 1986, ]
long <- data.frame(id = first$id, g = (last$y - first$y) / 16, x = first$y, unemp = first$unemp)
out <- list()
for (model in c("absolute", "conditional", "reverse")) {
  e <- long
  if (model == "reverse") e$x <- last$y
  fit <- lm(if (model == "conditional") g ~ x + unemp else g ~ x, e)
  hc1 <- sqrt(diag(vcovHC(fit, type = "HC1")))["x"]
  out[[length(out) + 1]] <- line(model, fit, e$id, unname(hc1))
}
n <- nrow(d)
keep <- c(FALSE, d$id[-1] == d$id[-n])
step <- data.frame(id = d$id[keep], t = d$t[keep], g = d$y[keep] - d$y[which(keep) - 1],
                   x = d$y[which(keep) - 1], unemp = d$unemp[which(keep) - 1])
for (model in c("panel", "panel_conditional")) {
  fit <- plm(if (model == "panel") g ~ x else g ~ x + unemp, step, index = c("id", "t"),
             model = "within", effect = "twoways")
  out[[length(out) + 1]] <- line(model, fit, step$id, NA)
}
out <- do.call(rbind, out)
out[-1] <- lapply(out[-1], function(v) ifelse(is.na(v), "", formatC(v, digits = 15, format = "g")))
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
