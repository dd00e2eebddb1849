# Makes expected.csv and spatial.csv: growth of gross state product on its initial level, 48 US states 1970-1986.
# Run: Rscript make.R        (Debian: r-cran-plm r-cran-sandwich r-cran-clubsandwich r-cran-spatialreg)
# Versions used: R 4.2.2, plm 2.6.2, sandwich 3.0.2, clubSandwich 0.5.8, spatialreg 1.2.6.
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

# spatial: the same long growth with three nearest neighbours (../spatial_panel/states.csv, directed)
suppressPackageStartupMessages({library(spatialreg); library(spdep)})
pairs <- read.csv("../spatial_panel/states.csv")
ids <- levels(factor(Produc$state))
code <- state.abb[!state.name %in% c("Alaska", "Hawaii")]  # in the order of the names, as Produc is
m <- matrix(0, 48, 48, dimnames = list(code, code))
m[cbind(match(pairs$a, code), match(pairs$b, code))] <- 1
lw <- mat2listw(m, style = "W")
line <- function(model, fit, p, se, hit) {
  data.frame(model = model, spatial_parameter = unname(p), std_error_spatial = unname(se),
             estimate = unname(coef(fit)["x"]), std_error_ml = unname(fit$rest.se[2]),
             direct_effect = hit[1], indirect_effect = hit[2], total_effect = hit[3],
             loglik = as.numeric(logLik(fit)))
}
control <- list(tol.opt = 1e-14, fdHess = FALSE)
run <- function(f, ...) f(g ~ x + unemp, long, lw, method = "eigen", tol.solve = 1e-20, control = control, ...)
hits <- function(fit) { i <- impacts(fit, listw = lw); c(i$direct[1], i$indirect[1], i$total[1]) }
sar <- run(lagsarlm); sdm <- run(lagsarlm, Durbin = TRUE); sem <- run(errorsarlm)
out <- rbind(line("long_sar", sar, sar$rho, sar$rho.se, hits(sar)),
             line("long_sem", sem, sem$lambda, sem$lambda.se, c(coef(sem)["x"], 0, coef(sem)["x"])),
             line("long_sdm", sdm, sdm$rho, sdm$rho.se, hits(sdm)))
out[-1] <- lapply(out[-1], function(v) formatC(v, digits = 15, format = "g"))
write.csv(out, "spatial.csv", row.names = FALSE, quote = FALSE)
