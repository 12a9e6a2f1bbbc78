package org.hospes.e2e;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Raises one site for all the end-to-end tests of a run, and takes it down after the last. */
final class SiteExtension implements ParameterResolver, AfterEachCallback {
  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(SiteExtension.class);

  /** JUnit closes what is kept in its store when the run ends. */
  private record Kept(Site site) implements ExtensionContext.Store.CloseableResource {
    @Override
    public void close() throws Exception {
      site.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Site.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return site(context);
  }

  /** A test that failed leaves its guests; the next one shall not stumble over them. */
  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (context.getExecutionException().isPresent()) {
      site(context).clearUp();
    }
  }

  private static Site site(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(OURS)
        .getOrComputeIfAbsent(Site.class, key -> new Kept(raised()), Kept.class)
        .site();
  }

  private static Site raised() {
    try {
      return Site.raise();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the site was being raised", e);
    } catch (Exception e) {
      throw new IllegalStateException("the site could not be raised: " + e.getMessage(), e);
    }
  }
}
