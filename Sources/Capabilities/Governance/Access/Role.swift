// SPDX-License-Identifier: Apache-2.0

/// A named set of permissions, bound to a principal in one workspace.
package enum Role: String, Codable, CaseIterable, Sendable {
    case viewer, editor, approver, `operator`, admin

    package var permissions: Set<Permission> {
        switch self {
        case .viewer: Self.reading
        case .editor:
            Self.reading.union([
                .trackingWrite, .snapshotRecord, .registryWrite, .pipelineApply, .executionStart, .gateEvaluate, .endpointWrite,
                .inferenceInvoke, .labelWrite, .monitorWrite, .streamSend, .documentApply,
            ])
        case .approver: Self.reading.union([.approvalDecide])
        case .operator:
            Self.reading.union([
                .executionStart, .gateEvaluate, .gateWrite, .releaseCreate, .rolloutControl, .endpointWrite, .inferenceInvoke, .labelWrite,
                .monitorWrite,
                .streamSend, .streamManage, .storageManage, .webhookRead, .webhookManage, .secretRead, .secretManage, .documentApply,
            ])
        case .admin: Set(Permission.allCases)
        }
    }

    private static let reading: Set<Permission> = [
        .trackingRead, .snapshotRead, .registryRead, .pipelineRead, .deliveryRead, .endpointRead, .monitoringRead, .ledgerRead, .systemRead,
        .retentionRead, .documentRead, .streamRead,
    ]
}
