package org.hospes.service.imagesoap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.service.admission.CatalogueJudge;
import org.hospes.service.admission.InMemoryCatalogueMemory;
import org.hospes.service.workspace.RefusedException;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the repository says of itself, which is heard although nobody signed its catalogues here.
 */
class RepositoryWarningsTest {
  @TempDir Path directory;

  /** What was asked and is not answered yet, in the order in which it was asked. */
  private final BlockingQueue<CompletableFuture<CatalogueResponse>> asked =
      new LinkedBlockingQueue<>();

  private PathValidator paths;
  private SoapImageCatalogue catalogue;

  @BeforeEach
  void wire() throws Exception {
    paths = TestPki.create(directory.resolve("pki")).validator();
    RepositoryPort slow =
        (RepositoryPort)
            Proxy.newProxyInstance(
                RepositoryPort.class.getClassLoader(),
                new Class<?>[] {RepositoryPort.class},
                (proxy, method, arguments) -> {
                  assertEquals("catalogue", method.getName());
                  CompletableFuture<CatalogueResponse> answer = new CompletableFuture<>();
                  asked.add(answer);
                  return answer.get(60, TimeUnit.SECONDS);
                });
    catalogue =
        new SoapImageCatalogue(
            slow,
            new DistinguishedName("/CN=host/repository"),
            paths,
            new CatalogueJudge(new InMemoryCatalogueMemory(), Clock.systemUTC()),
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    paths.close();
  }

  private CompletableFuture<Void> ask() {
    return CompletableFuture.runAsync(
        () -> assertThrows(RefusedException.class, catalogue::entries));
  }

  private CompletableFuture<CatalogueResponse> next() throws Exception {
    CompletableFuture<CatalogueResponse> answer = asked.poll(60, TimeUnit.SECONDS);
    assertEquals(true, answer != null, "nothing was asked in 60 s");
    return answer;
  }

  private static CatalogueResponse saying(String... warnings) {
    CatalogueResponse answer = new CatalogueResponse();
    answer.setCatalogue("{}".getBytes(StandardCharsets.UTF_8));
    answer.setSignature(new byte[] {1});
    answer.getWarning().addAll(List.of(warnings));
    return answer;
  }

  @Test
  void theAnswerToTheLatestQuestionIsKeptInWhateverOrderTheyCome() throws Exception {
    CompletableFuture<Void> early = ask();
    CompletableFuture<CatalogueResponse> first = next();
    CompletableFuture<Void> late = ask();
    next().complete(saying("the policy cannot be used"));
    late.get(60, TimeUnit.SECONDS);
    assertEquals(List.of("the policy cannot be used"), catalogue.warnings());
    first.complete(saying());
    early.get(60, TimeUnit.SECONDS);
    assertEquals(List.of("the policy cannot be used"), catalogue.warnings());
  }

  @Test
  void whatIsSaidNoMoreIsForgotten() throws Exception {
    CompletableFuture<Void> once = ask();
    next().complete(saying("the policy cannot be used"));
    once.get(60, TimeUnit.SECONDS);
    CompletableFuture<Void> again = ask();
    next().complete(saying());
    again.get(60, TimeUnit.SECONDS);
    assertEquals(List.of(), catalogue.warnings());
  }
}
