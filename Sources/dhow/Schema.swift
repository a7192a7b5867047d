// SPDX-License-Identifier: Apache-2.0

import Backends
import Contracts
import Delivery
import Governance
import Monitoring
import Pipelines
import Provenance
import Registry
import Serving
import Streaming
import Tracking

/// Every capability's migrations, earlier layers first.
enum Schema {
    static let migrations: [MigrationList] = [
        BlobMigrations.list, GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list,
        RegistryMigrations.list, PipelinesMigrations.list, TriggersMigrations.list, TriggerActionsMigrations.list, DeliveryMigrations.list,
        ServingMigrations.list,
        RevisionLoadMigrations.list, ArchiveMigrations.list, MonitoringMigrations.list, IncidentMigrations.list,
        ReferenceMigrations.list,
        WebhookMigrations.list, TraceMigrations.list, ArtifactUploadMigrations.list, ImportMigrations.list, LineageBackfill.list,
        EvaluationDatasetMigrations.list, SecretMigrations.list, DocumentMigrations.list, AttestationMigrations.list,
        StepReportMigrations.list, DataContractMigrations.list, GateMigrations.list, ApprovalMigrations.list, StreamMigrations.list,
    ]
}
