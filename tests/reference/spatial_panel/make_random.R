# Makes expected_random.json: models with random effects of Munnell's states, 1979-1986.
#
# No package at hand fits them, so the spatial parameter is searched for around nlme: given it, the
# model is one of random effects on filtered data, whose height nlme gives, and the determinant
# is added. nlme::lme also gives the coefficients and both variances there.
#
# Run: Rscript make_random.R        (R with nlme, plm for its data, jsonlite; after make.R)
suppressMessages(library(nlme))
data(Produc, package = "plm")
states <- levels(Produc$state)
at <- which(!state.name %in% c("Alaska", "Hawaii"))
pairs <- read.csv("states.csv", colClasses = "character", na.strings = "")
labels <- state.abb[at]
w <- matrix(0, 48, 48, dimnames = list(labels, labels))
w[cbind(pairs$a, pairs$b)] <- 1
w <- w / rowSums(w)
few <- Produc[Produc$year >= 1979, ]
few <- few[order(few$year, few$state), ]
periods <- length(unique(few$year))
few$y <- log(few$gsp)
few$one <- 1
few$emp <- log(few$emp)
few$pc <- log(few$pc)
lag_of <- function(x) as.vector(w %*% matrix(x, nrow = 48))
for (x in c("emp", "pc")) few[[paste0("w_", x)]] <- lag_of(few[[x]])

filtered <- function(rho, terms, error) {
  d <- few
  d$y <- few$y - rho * lag_of(few$y)
  if (error) for (x in terms) d[[x]] <- few[[x]] - rho * lag_of(few[[x]])
  lme(as.formula(paste("y ~ 0 +", paste(terms, collapse = " + "))), d, random = ~ 1 | state,
      method = "ML", control = lmeControl(tolerance = 1e-12, msTol = 1e-12, opt = "optim",
                                          reltol = 1e-14, maxIter = 500, msMaxIter = 500))
}
search <- function(terms, error = FALSE, spatial = TRUE) {
  height <- function(rho) as.numeric(logLik(filtered(rho, terms, error))) +
    periods * as.numeric(determinant(diag(48) - rho * w)$modulus)
  rho <- if (spatial) optimize(height, c(-0.9, 0.95), maximum = TRUE, tol = 1e-9)$maximum else 0
  fit <- filtered(rho, terms, error)
  v <- as.numeric(VarCorr(fit)[, "Variance"])
  list(rho = rho, beta = as.numeric(fixef(fit)), effect_variance = v[1], sigma2 = v[2],
       loglik = height(rho))
}
own <- c("one", "emp", "pc")
both <- c(own, "w_emp", "w_pc")
out <- list(sar = search(own), sdm = search(both), sem = search(own, error = TRUE),
            slx = search(both, spatial = FALSE))
out$programs <- list(R = R.version.string, nlme = as.character(packageVersion("nlme")))
writeLines(jsonlite::toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE),
           "expected_random.json")
