# Makes expected.csv: two-stage least squares on Munnell's Produc (plm), by dummies for the effects.
# Run: Rscript make.R        (Debian: r-cran-aer r-cran-plm r-cran-sandwich r-cran-clubsandwich)
# Versions used: R 4.2.2, AER 1.2.10, plm 2.6.2, sandwich 3.0.2, clubSandwich 0.5.8.
# The instruments are there for arithmetic's sake only.
suppressPackageStartupMessages({library(AER); library(plm); library(sandwich); library(clubSandwich)})
data("Produc", package = "plm")
d <- data.frame(id = factor(Produc$state), t = factor(Produc$year), y = log(Produc$gsp),
                lpcap = log(Produc$pcap), lpc = log(Produc$pc), lemp = log(Produc$emp),
                unemp = Produc$unemp)
effects <- list(none = "", entity = "+ id", period = "+ t", twoway = "+ id + t")
out <- list()
for (name in names(effects)) for (rows in c("full", "thin")) {
  one <- if (rows == "full") d else
    d[(7 * as.integer(d$id) + 3 * (as.integer(d$t) - 1)) %% 11 != 0, ]
  e <- effects[[name]]
  fit <- ivreg(as.formula(paste("y ~ lpc + lemp", e, "| lpcap + unemp + lemp", e)), data = one)
  test <- summary(fit, diagnostics = TRUE)$diagnostics
  x <- c("lpc", "lemp", if (name == "none") "(Intercept)")
  cr2 <- if (name == "none") coef_test(fit, vcov = "CR2", cluster = one$id, test = "Satterthwaite") else NULL
  se <- function(v) sqrt(diag(v))[x]
  out[[length(out) + 1]] <- data.frame(
    case = paste(name, rows, sep = "/"), term = x, estimate = coef(fit)[x], classical = se(vcov(fit)),
    hc0 = se(sandwich(fit)), cluster = se(vcovCL(fit, cluster = one$id, type = "HC0", cadjust = FALSE)),
    cr2 = if (is.null(cr2)) NA else cr2$SE[match(x, rownames(cr2))],
    df_cr2 = if (is.null(cr2)) NA else cr2$df_Satt[match(x, rownames(cr2))],
    weak_f = test["Weak instruments", "statistic"], wu_hausman = test["Wu-Hausman", "statistic"],
    wu_df2 = test["Wu-Hausman", "df2"], sargan = test["Sargan", "statistic"], n = nrow(one))
}
table <- do.call(rbind, out)
numbers <- sapply(table, is.numeric)
table[numbers] <- lapply(table[numbers], function(v)
  ifelse(is.na(v), "", formatC(v, digits = 15, format = "g")))
write.csv(table, "expected.csv", row.names = FALSE, quote = FALSE)
