# Makes expected.csv: fixed-effects regressions on Grunfeld and Produc (both shipped with plm).
# Run: Rscript make.R        (Debian: r-cran-plm r-cran-sandwich r-cran-clubsandwich)
# Versions used: R 4.2.2, plm 2.6.2, sandwich 3.0.2, clubSandwich 0.5.8.
suppressPackageStartupMessages({library(plm); library(sandwich); library(clubSandwich)})

data("Grunfeld", package = "plm"); data("Produc", package = "plm")
grunfeld <- data.frame(id = as.integer(Grunfeld$firm), t = Grunfeld$year,
                       y = Grunfeld$inv, value = Grunfeld$value, capital = Grunfeld$capital)
produc <- data.frame(id = as.integer(factor(Produc$state)), t = Produc$year, y = log(Produc$gsp),
                     lpcap = log(Produc$pcap), lpc = log(Produc$pc), lemp = log(Produc$emp),
                     unemp = Produc$unemp)
# The rows left out of the unbalanced cases: (7 * id + 3 * (t - first year)) mod 11 == 0.
thin <- function(d) d[(7 * d$id + 3 * (d$t - min(d$t))) %% 11 != 0, ]
terms <- list(grunfeld = c("value", "capital"), produc = c("lpcap", "lpc", "lemp", "unemp"))
difference <- function(d) {
  d <- d[order(d$id, d$t), ]; n <- nrow(d)
  keep <- c(FALSE, d$id[-1] == d$id[-n] & d$t[-1] == d$t[-n] + 1)
  out <- d; cols <- setdiff(names(d), c("id", "t"))
  out[-1, cols] <- d[-1, cols] - d[-n, cols]
  out[keep, ]
}

# One fit: `effects` absorbed by plm's within transformation; standard errors by plm and clubSandwich.
by_plm <- function(case, d, x, effects) {
  f <- reformulate(x, "y")
  fit <- if (effects == "none") plm(f, d, index = c("id", "t"), model = "pooling") else
    plm(f, d, index = c("id", "t"), model = "within",
        effect = c(entity = "individual", period = "time", twoway = "twoways")[[effects]])
  se <- function(type) sqrt(diag(vcovHC(fit, method = "arellano", type = type, cluster = "group")))[x]
  cr2 <- coef_test(fit, vcov = "CR2", cluster = d[order(d$id, d$t), "id"], test = "Satterthwaite")
  rows <- match(x, rownames(cr2))
  cr1s <- sqrt(diag(as.matrix(vcovCR(fit, type = "CR1", cluster = d[order(d$id, d$t), "id"]))))[x]
  data.frame(case = case, term = x, n = nrow(d), estimate = coef(fit)[x], se_none = se("HC0"),
             se_sss = se("sss"), se_cr1 = cr1s, se_areg = NA, se_cr2 = cr2$SE[rows],
             df_few = cr2$df_Satt[rows], p_few = cr2$p_Satt[rows])
}

# One fit by dummy variables (lm): for trends and differences, and for the count of all parameters.
by_lm <- function(case, d, x, dummies) {
  d <- d[order(d$id, d$t), ]
  d$i <- factor(d$id); d$p <- factor(d$t)
  d$t <- d$t - mean(range(d$t))  # centred, or I - H is singular up to rounding only and CR2 drifts
  fit <- lm(as.formula(paste("y ~", paste(c(x, dummies), collapse = " + "))), d)
  hc <- function(type, adjust)
    sqrt(diag(vcovCL(fit, cluster = d$id, type = type, cadjust = adjust)))[x]
  cr2 <- coef_test(fit, vcov = "CR2", cluster = d$id, test = "Satterthwaite")
  rows <- match(x, rownames(cr2))
  data.frame(case = case, term = x, n = nrow(d), estimate = coef(fit)[x], se_none = hc("HC0", FALSE),
             se_sss = NA, se_cr1 = hc("HC0", TRUE), se_areg = hc("HC1", TRUE),
             se_cr2 = cr2$SE[rows], df_few = cr2$df_Satt[rows], p_few = cr2$p_Satt[rows])
}

out <- list()
for (name in c("grunfeld", "produc")) {
  full <- get(name); x <- terms[[name]]
  for (effects in c("entity", "period", "twoway", "none")) {
    out[[length(out) + 1]] <- by_plm(paste(name, effects, "full", sep = "/"), full, x, effects)
    if (effects != "none")
      out[[length(out) + 1]] <- by_plm(paste(name, effects, "thin", sep = "/"), thin(full), x, effects)
  }
  for (rows in c("full", "thin")) {
    d <- if (rows == "full") full else thin(full)
    out[[length(out) + 1]] <- by_lm(paste(name, "twoway_lm", rows, sep = "/"), d, x, c("i", "p"))
    out[[length(out) + 1]] <- by_lm(paste(name, "trends", rows, sep = "/"), d, x, c("i", "i:t", "p"))
    out[[length(out) + 1]] <- by_lm(paste(name, "difference", rows, sep = "/"), difference(d), x, c("p", "0"))
    out[[length(out) + 1]] <- by_lm(paste(name, "difference_trends", rows, sep = "/"), difference(d), x, c("i", "p"))
  }
}
table <- do.call(rbind, out)
numbers <- sapply(table, is.numeric)
table[numbers] <- lapply(table[numbers], function(v) ifelse(is.na(v), "", formatC(v, digits = 15, format = "g")))
write.csv(table, "expected.csv", row.names = FALSE, quote = FALSE)
