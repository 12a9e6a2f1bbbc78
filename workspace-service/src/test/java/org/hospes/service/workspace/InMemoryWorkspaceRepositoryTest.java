package org.hospes.service.workspace;

class InMemoryWorkspaceRepositoryTest implements WorkspaceRepositoryContract {
  @Override
  public WorkspaceRepository repository() {
    return new InMemoryWorkspaceRepository();
  }
}
