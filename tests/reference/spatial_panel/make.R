# Makes columbus.csv, pairs.csv, nearest.csv, states.csv and expected.json: spatialreg's models of
# Columbus, Ohio (a cross-section), and of Munnell's states (a panel: dummy variables, block weights).
#
# Run: Rscript make.R        (R with spatialreg, spdep, spData, plm, jsonlite)
suppressMessages({
  library(spatialreg)
  library(spdep)
  library(Matrix)
})
data(columbus, package = "spData")
nb <- col.gal.nb
write.csv(data.frame(id = seq_along(nb), crime = columbus$CRIME, income = columbus$INC,
                     home = columbus$HOVAL), "columbus.csv", row.names = FALSE, quote = FALSE)
pairs_of <- function(nb) do.call(rbind, lapply(seq_along(nb), function(i) cbind(a = i, b = nb[[i]])))
write.csv(pairs_of(nb), "pairs.csv", row.names = FALSE, quote = FALSE)
near <- knn2nb(knearneigh(cbind(columbus$X, columbus$Y), 3))
write.csv(pairs_of(near), "nearest.csv", row.names = FALSE, quote = FALSE)

lag_of <- function(fit) list(
  rho = unname(fit$rho), rho_se = unname(fit$rho.se), beta = unname(fit$coefficients),
  beta_se = unname(fit$rest.se), sigma2 = fit$s2, loglik = as.numeric(logLik(fit)))
error_of <- function(fit) list(
  rho = unname(fit$lambda), rho_se = unname(fit$lambda.se), beta = unname(fit$coefficients),
  beta_se = unname(fit$rest.se), sigma2 = fit$s2, loglik = as.numeric(logLik(fit)))
effects_of <- function(fit, lw) {
  found <- impacts(fit, listw = lw)
  list(direct = as.numeric(found$direct), indirect = as.numeric(found$indirect),
       total = as.numeric(found$total))
}
models <- function(formula, data, lw) {
  control <- list(tol.opt = 1e-12, fdHess = FALSE)
  run <- function(f, ...) f(formula, data = data, listw = lw, method = "eigen", ..., tol.solve = 1e-20,
                            control = control)
  sar <- run(lagsarlm)
  sdm <- run(lagsarlm, Durbin = TRUE)
  sem <- run(errorsarlm)
  lm <- lm.LMtests(lm(formula, data), lw, test = c("LMerr", "LMlag", "RLMerr", "RLMlag"))
  list(sar = c(lag_of(sar), effects_of(sar, lw)), sdm = c(lag_of(sdm), effects_of(sdm, lw)),
       sem = error_of(sem),
       lm = lapply(list(lm_lag = lm$LMlag, lm_error = lm$LMerr, lm_lag_robust = lm$RLMlag,
                        lm_error_robust = lm$RLMerr), function(t) as.numeric(t$statistic)))
}
out <- list(columbus = models(CRIME ~ INC + HOVAL, columbus, nb2listw(nb, style = "W")),
            nearest = models(CRIME ~ INC + HOVAL, columbus, nb2listw(near, style = "W")))
# symmetric weights whose rows do not sum to one: effects are means over rows
minmax <- nb2listw(nb, style = "B")
minmax$weights <- lapply(minmax$weights, function(w) w / 10)
attr(minmax$weights, "W") <- NULL
sar <- lagsarlm(CRIME ~ INC + HOVAL, columbus, minmax, method = "eigen", tol.solve = 1e-20,
                control = list(tol.opt = 1e-12))
out$binary <- list(sar = lag_of(sar))
s <- solve(diag(49) - sar$rho * listw2mat(minmax))
out$binary$sar$direct <- as.numeric(sar$coefficients[-1] * mean(diag(s)))
out$binary$sar$total <- as.numeric(sar$coefficients[-1] * sum(s) / 49)

# the panel: 48 states, three neighbours by their centres (base R), one block of weights a year
data(Produc, package = "plm")
states <- levels(Produc$state)
at <- which(!state.name %in% c("Alaska", "Hawaii"))  # plm misspells a name; the order is the same
stopifnot(length(at) == length(states), substr(states, 1, 6) == substr(gsub(" ", "_", toupper(state.name[at])), 1, 6))
centre <- cbind(state.center$x, state.center$y)[at, ]
near <- knn2nb(knearneigh(centre, 3))
write.csv(data.frame(a = state.abb[at][pairs_of(near)[, 1]], b = state.abb[at][pairs_of(near)[, 2]]),
          "states.csv", row.names = FALSE, quote = FALSE)
few <- Produc[Produc$year >= 1979, ]
few <- few[order(few$year, few$state), ]
periods <- length(unique(few$year))
block <- mat2listw(kronecker(diag(periods), listw2mat(nb2listw(near, style = "W"))), style = "W")
w <- listw2mat(nb2listw(near, style = "W"))
few$y <- log(few$gsp)
few$emp <- log(few$emp)
few$pc <- log(few$pc)
for (x in c("emp", "pc")) few[[paste0("w_", x)]] <- as.vector(w %*% matrix(few[[x]], nrow = 48))
few$year <- factor(few$year)
panel <- function(dummies) {
  own <- paste("y ~ emp + pc", dummies)
  durbin <- paste("y ~ emp + pc + w_emp + w_pc", dummies)
  keep <- c("emp", "pc", "w_emp", "w_pc")
  pick <- function(found, fit) {
    which <- names(fit$coefficients) %in% keep
    found$beta <- found$beta[which]
    found$beta_se <- found$beta_se[which]
    found
  }
  run <- function(f, formula, of) {
    fit <- f(as.formula(formula), few, block, method = "eigen", tol.solve = 1e-20,
             control = list(tol.opt = 1e-12))
    pick(of(fit), fit)
  }
  list(sar = run(lagsarlm, own, lag_of), sdm = run(lagsarlm, durbin, lag_of),
       sem = run(errorsarlm, own, error_of))
}
out$states_none <- panel("")
out$states_entity <- panel("+ state")
out$states_period <- panel("+ year")
out$states_twoway <- panel("+ state + year")
out$programs <- list(R = R.version.string, spatialreg = as.character(packageVersion("spatialreg")),
                     spdep = as.character(packageVersion("spdep")))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "expected.json")
