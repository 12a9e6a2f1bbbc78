package org.hospes.repo.endpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.contract.MessageBounds;
import org.hospes.contract.repository.Catalogue;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.Endorse;
import org.hospes.contract.repository.EndorseResponse;
import org.hospes.contract.repository.ListImages;
import org.hospes.contract.repository.ListImagesResponse;
import org.hospes.contract.repository.Publish;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.contract.repository.Retire;
import org.hospes.contract.repository.RetireResponse;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.publishing.Described;
import org.hospes.repo.publishing.ImageRepository;
import org.hospes.repo.publishing.Page;
import org.hospes.repo.publishing.PublishOutcome;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.ServerLimits;

/** The SOAP port: messages to calls, answers and refusals back. Safe for use by many threads. */
public final class RepositoryEndpoint implements RepositoryPort {
  private static final int LONGEST_REASON = 4096;
  private static final int MOST_WARNINGS = 16;

  private final ImageRepository repository;
  private final URI address;
  private final Supplier<Visitor> visitors;
  private final Supplier<List<String>> warnings;

  /**
   * @param address https base under which clients and nodes reach this repository
   * @param visitors who sent the message being answered
   * @param warnings what the site's operators should know; every reader is told
   */
  public RepositoryEndpoint(
      ImageRepository repository,
      URI address,
      Supplier<Visitor> visitors,
      Supplier<List<String>> warnings) {
    this.repository = repository;
    this.address = address;
    this.visitors = visitors;
    this.warnings = warnings;
  }

  /** Adds this port to a server, which then takes papers that fit an order for a node later. */
  public SecureServerSetup addTo(SecureServerSetup server) {
    return server
        .limits(ServerLimits.defaults().withMessageBytes(MessageBounds.PUBLISH))
        .signed("/repository", this, RepositoryPort.class, "wsdl/repository.wsdl");
  }

  @Override
  public PublishResponse publish(Publish request) {
    return answer(
        visitor -> {
          PublishOutcome outcome =
              repository.publish(
                  visitor,
                  required("name", request.getName()),
                  required("version", request.getVersion()),
                  SignedImageXml.read(request.getImage()));
          PublishResponse response = new PublishResponse();
          if (outcome instanceof PublishOutcome.Published published) {
            response.setEntry(SignedImageXml.write(published.publication()));
          } else if (outcome instanceof PublishOutcome.Awaiting awaiting) {
            response.setUpload(at("/uploads/" + awaiting.id()));
            response.setReceived(awaiting.received());
          }
          return response;
        });
  }

  @Override
  public DescribeResponse describe(Describe request) {
    return answer(
        visitor -> {
          Described described =
              repository.describe(visitor, required("reference", request.getReference()));
          DescribeResponse response = new DescribeResponse();
          response.setEntry(SignedImageXml.write(described.publication()));
          response.setImage(SignedImageXml.write(described.papers()));
          response.setSource(at("/images/sha256/" + described.publication().digest().hex()));
          return response;
        });
  }

  @Override
  public ListImagesResponse listImages(ListImages request) {
    return answer(
        visitor -> {
          Page page =
              repository.list(
                  visitor,
                  Optional.ofNullable(request.getName()),
                  request.isRetired(),
                  request.getPageSize(),
                  Optional.ofNullable(request.getPageToken()));
          ListImagesResponse response = new ListImagesResponse();
          for (Publication publication : page.publications()) {
            response.getEntry().add(SignedImageXml.write(publication));
          }
          page.nextToken().ifPresent(response::setNextPageToken);
          return response;
        });
  }

  @Override
  public RetireResponse retire(Retire request) {
    return answer(
        visitor -> {
          String why = Optional.ofNullable(request.getWhy()).orElse("");
          RetireResponse response = new RetireResponse();
          response.setEntry(
              SignedImageXml.write(
                  repository.retire(
                      visitor,
                      required("name", request.getName()),
                      required("version", request.getVersion()),
                      why.substring(0, Math.min(why.length(), LONGEST_REASON)))));
          return response;
        });
  }

  @Override
  public EndorseResponse endorse(Endorse request) {
    return answer(
        visitor -> {
          EndorseResponse response = new EndorseResponse();
          response.setEntry(
              SignedImageXml.write(
                  repository.endorse(
                      visitor,
                      required("name", request.getName()),
                      required("version", request.getVersion()),
                      Optional.ofNullable(request.getEndorsement()).orElse(new byte[0]))));
          return response;
        });
  }

  @Override
  public CatalogueResponse catalogue(Catalogue request) {
    return answer(
        visitor -> {
          SignedCatalogue signed = repository.catalogue(visitor);
          CatalogueResponse response = new CatalogueResponse();
          response.setCatalogue(signed.catalogue());
          response.setSignature(signed.signature());
          warnings.get().stream().limit(MOST_WARNINGS).forEach(response.getWarning()::add);
          return response;
        });
  }

  private String at(String path) {
    return address.toString().replaceAll("/+$", "") + path;
  }

  private static String required(String what, String value) {
    if (value == null || value.isBlank()) {
      throw new RepositoryRefusal(
          RepositoryRefusal.Kind.INVALID, "message.incomplete", what + " is missing");
    }
    return value;
  }

  private <T> T answer(Answer<T> answer) {
    try {
      return answer.to(visitors.get());
    } catch (RepositoryRefusal e) {
      throw RefusalTranslation.translate(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Answer<T> {
    T to(Visitor visitor) throws IOException;
  }
}
