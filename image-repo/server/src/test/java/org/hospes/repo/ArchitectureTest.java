package org.hospes.repo;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.architecture.HouseRules;

/** Bytes and names are kept below; HTTP and SOAP are two ways in that do not know each other. */
@AnalyzeClasses(packages = "org.hospes.repo", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("app")
          .definedBy("org.hospes.repo.app..")
          .layer("endpoint")
          .definedBy("org.hospes.repo.endpoint..")
          .layer("http")
          .definedBy("org.hospes.repo.http..")
          .layer("publishing")
          .definedBy("org.hospes.repo.publishing..")
          .layer("catalogue")
          .definedBy("org.hospes.repo.catalogue..")
          .layer("store")
          .definedBy("org.hospes.repo.store..")
          .layer("access")
          .definedBy("org.hospes.repo.access..")
          .layer("refusal")
          .definedBy("org.hospes.repo.refusal..")
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("endpoint")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("http")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("publishing")
          .mayOnlyBeAccessedByLayers("app", "endpoint")
          .whereLayer("catalogue")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "publishing")
          .whereLayer("store")
          .mayOnlyBeAccessedByLayers("app", "http", "publishing", "catalogue")
          .whereLayer("access")
          .mayOnlyBeAccessedByLayers("app", "endpoint", "http", "publishing")
          .whereLayer("refusal")
          .mayOnlyBeAccessedByLayers("endpoint", "http", "publishing", "access")
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.repo");

  @ArchTest static final ArchRule stubs = HouseRules.stubsOnlyIn("org.hospes.repo.endpoint..");

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.repo.app..");

  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();
  @ArchTest static final ArchRule libvirt = HouseRules.libvirtOnlyInNodeLibvirt();

  @ArchTest
  static final ArchRule persistence = HouseRules.objectRelationalMappingOnlyInPersistence();

  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();
  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}
