package org.hospes.service.endpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.hospes.contract.workspace.AuditHeads;
import org.hospes.contract.workspace.AuditHeadsResponse;
import org.hospes.contract.workspace.EnrolNode;
import org.hospes.contract.workspace.EnrolNodeResponse;
import org.hospes.contract.workspace.Receipts;
import org.hospes.contract.workspace.ReceiptsResponse;
import org.hospes.service.receipt.HeadKeeper;
import org.hospes.service.receipt.NodeChain;
import org.hospes.service.receipt.ReceiptFiles;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Workspace;
import org.hospes.trust.path.DistinguishedName;

/** What people may know of the receipts of boots, and what operators say about their chains. */
final class ReceiptReads {
  private final WorkspaceEndpoint.Parties parties;
  private final ReceiptFiles files;
  private final HeadKeeper heads;
  private final Supplier<Map<DistinguishedName, String>> nodes;
  private final Answers answers;
  private final CallAudit audit;
  private final Lookup lookup;

  /**
   * Wires it.
   *
   * @param nodes the names of the site's nodes, by their DN
   */
  ReceiptReads(
      WorkspaceEndpoint.Parties parties,
      Supplier<Map<DistinguishedName, String>> nodes,
      Answers answers,
      CallAudit audit,
      Lookup lookup) {
    this.parties = parties;
    this.files = parties.receipts().files();
    this.heads = parties.receipts().heads();
    this.nodes = nodes;
    this.answers = answers;
    this.audit = audit;
    this.lookup = lookup;
  }

  ReceiptsResponse receipts(Receipts request) {
    return answers.give(
        "receipts",
        caller -> {
          Workspace workspace = lookup.byText(caller, request.getId());
          Long after = request.getAfter();
          if (after != null && after < 0) {
            throw invalid("after", "0 or more", after);
          }
          if (after == null || after == 0) {
            audit.looked("receipts", caller, workspace);
          }
          ReceiptsResponse response = new ReceiptsResponse();
          if (after == null) {
            response.setBundle(files.excerpt(workspace.id()));
          } else {
            ReceiptFiles.Excerpts page = files.excerpt(workspace.id(), after);
            response.setBundle(page.lines());
            page.next().ifPresent(response::setNext);
          }
          return response;
        });
  }

  AuditHeadsResponse auditHeads(AuditHeads request) {
    return answers.give(
        "audit heads",
        caller -> {
          parties.rights().requireMayOperate(caller);
          if (request.getAfter() < 0) {
            throw invalid("after", "0 or more", request.getAfter());
          }
          Optional<UUID> chain = Optional.ofNullable(request.getChain()).map(ReceiptReads::chain);
          if (request.getAfter() == 0) {
            audit.operated("audit heads", chain.map(UUID::toString).orElse("the service's chain"));
          }
          ReceiptFiles.Page page =
              chain.isPresent()
                  ? files.written(chain.get(), request.getAfter(), request.getMost())
                  : files.said(request.getAfter(), request.getMost());
          AuditHeadsResponse response = new AuditHeadsResponse();
          response.setLines(page.lines());
          response.setNext(page.next());
          return response;
        });
  }

  EnrolNodeResponse enrol(EnrolNode request) {
    return answers.give(
        "node enrol",
        caller -> {
          parties.rights().requireMayOperate(caller);
          List<DistinguishedName> node =
              nodes.get().entrySet().stream()
                  .filter(e -> e.getValue().equals(request.getNode()))
                  .map(Map.Entry::getKey)
                  .toList();
          if (node.isEmpty()) {
            throw Refusal.of(
                    Refusal.Category.NOT_FOUND,
                    "node.not-found",
                    "this site has no node " + request.getNode())
                .advice("its nodes are " + String.join(", ", nodes.get().values()))
                .fact("node", request.getNode())
                .toException();
          }
          EnrolNodeResponse response = new EnrolNodeResponse();
          for (DistinguishedName dn : node) {
            Optional<NodeChain> left = heads.renew(dn, caller.dn());
            left.ifPresent(
                chain -> {
                  response.setChain(chain.chain().toString());
                  response.setCountersigned(chain.to());
                });
          }
          audit.operated("node enrol --new-chain", request.getNode());
          return response;
        });
  }

  private static UUID chain(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw invalid("chain", "a UUID", text);
    }
  }

  private static RuntimeException invalid(String field, String expected, Object found) {
    String what = expected + " expected, found " + found;
    return Refusal.of(Refusal.Category.INVALID, "request.invalid", field + ": " + what)
        .fact(field, what)
        .toException();
  }
}
