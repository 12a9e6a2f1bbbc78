package org.hospes.repo.endpoint;

import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.hospes.repo.refusal.RepositoryRefusal;

/** Lets another servlet refuse in this repository's own words. */
public final class RefusingServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private final HttpServlet servlet;

  public RefusingServlet(HttpServlet servlet) {
    this.servlet = servlet;
  }

  @Override
  public void init(ServletConfig config) throws ServletException {
    super.init(config);
    servlet.init(config);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    try {
      servlet.service(request, response);
    } catch (RepositoryRefusal e) {
      throw RefusalTranslation.translate(e);
    }
  }
}
