# Makes expected_errors.csv and expected_hausman.csv: covariances beyond clustering by entity,
# between and random effects, Hausman tests, on Grunfeld and Produc (both shipped with plm).
# Run: Rscript make_errors.R        (Debian: r-cran-plm r-cran-clubsandwich)
# Versions used: R 4.2.2, plm 2.6.2, clubSandwich 0.5.8.
suppressPackageStartupMessages({library(plm); library(clubSandwich)})

data("Grunfeld", package = "plm"); data("Produc", package = "plm")
grunfeld <- data.frame(id = as.integer(Grunfeld$firm), t = Grunfeld$year,
                       y = Grunfeld$inv, value = Grunfeld$value, capital = Grunfeld$capital)
produc <- data.frame(id = as.integer(factor(Produc$state)), t = Produc$year, y = log(Produc$gsp),
                     lpcap = log(Produc$pcap), lpc = log(Produc$pc), lemp = log(Produc$emp),
                     unemp = Produc$unemp)
thin <- function(d) d[(7 * d$id + 3 * (d$t - min(d$t))) %% 11 != 0, ]
terms <- list(grunfeld = c("value", "capital"), produc = c("lpcap", "lpc", "lemp", "unemp"))
lag <- 2
models <- list(entity = c("within", "individual"), period = c("within", "time"),
               twoway = c("within", "twoways"), random = c("random", "individual"),
               between = c("between", "individual"))

fit_of <- function(name, effects, d) {
  m <- models[[effects]]
  plm(reformulate(terms[[name]], "y"), d, index = c("id", "t"), model = m[1], effect = m[2])
}
one <- function(name, effects, rows) {
  d <- get(name); if (rows == "thin") d <- thin(d)
  fit <- fit_of(name, effects, d)
  x <- names(coef(fit))
  se <- function(v) sqrt(diag(v))[x]
  out <- data.frame(case = paste(name, effects, rows, sep = "/"), term = x, estimate = coef(fit),
                    classical = se(vcov(fit)), hc0 = NA, entity = NA, period = NA, two_way = NA,
                    driscoll_kraay = NA, newey_west = NA, se_cr2 = NA, df_cr2 = NA)
  if (effects != "between") {
    out$hc0 <- se(vcovHC(fit, method = "white1", type = "HC0"))
    out$entity <- se(vcovHC(fit, method = "arellano", type = "HC0"))
    out$period <- se(vcovHC(fit, method = "arellano", type = "HC0", cluster = "time"))
    out$two_way <- se(vcovDC(fit, type = "HC0"))
    out$driscoll_kraay <- se(vcovSCC(fit, type = "HC0", maxlag = lag))
    # plm counts lags of an entity by row and not by year: comparable without holes only.
    if (rows == "full") out$newey_west <- se(vcovNW(fit, type = "HC0", maxlag = lag))
  }
  if (effects == "random") {
    # clubSandwich on a plm fit takes the random-effects covariance as working model and another
    # matrix root; on the quasi-demeaned columns it takes ours.
    z <- data.frame(y = as.numeric(pmodel.response(fit)), unclass(model.matrix(fit)), check.names = FALSE)
    plain <- lm(y ~ . - 1, z)
    cr2 <- coef_test(plain, vcov = "CR2", cluster = d[order(d$id, d$t), "id"], test = "Satterthwaite")
    out$se_cr2 <- cr2$SE; out$df_cr2 <- cr2$df_Satt
  }
  out
}
out <- list()
for (name in c("grunfeld", "produc")) for (effects in names(models)) for (rows in c("full", "thin"))
  if (!(effects == "random" && rows == "thin"))  # other variance components: see README.md
    out[[length(out) + 1]] <- one(name, effects, rows)

tests <- list()
for (name in c("grunfeld", "produc")) {
  d <- get(name); f <- reformulate(terms[[name]], "y")
  random <- fit_of(name, "random", d); index <- c("id", "t")
  classic <- phtest(fit_of(name, "entity", d), random)
  clustered <- function(m) vcovHC(m, type = "HC0", method = "arellano")
  aux <- phtest(f, data = d, index = index, method = "aux", vcov = clustered)
  parts <- ercomp(random)
  tests[[length(tests) + 1]] <- data.frame(
    data = name, hausman = classic$statistic, hausman_p = classic$p.value,
    mundlak = aux$statistic, mundlak_p = aux$p.value, df = classic$parameter,
    sigma2_error = parts$sigma2[["idios"]], sigma2_entity = parts$sigma2[["id"]],
    theta = parts$theta)
}
write <- function(table, file) {
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], function(v)
    ifelse(is.na(v), "", formatC(v, digits = 15, format = "g")))
  write.csv(table, file, row.names = FALSE, quote = FALSE)
}
write(do.call(rbind, out), "expected_errors.csv")
write(do.call(rbind, tests), "expected_hausman.csv")
