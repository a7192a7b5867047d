// SPDX-License-Identifier: Apache-2.0

/// A model that answers from elsewhere: another process of this machine, another machine, or this process after some waiting.
package protocol HostedModel: Sendable {
    /// In the model's own order.
    var inputs: [TensorSpecification] { get }
    var outputs: [TensorSpecification] { get }

    /// As `LoadedModel.infer`, but may take its time.
    ///
    /// - Throws: Besides what `LoadedModel.infer` throws: `Problem` `.exhausted` when too many wait already, `.unavailable` when what
    ///   answers is not there now or does not answer in time, `.internal` when it answers with what the model cannot have said.
    func infer(_ inputs: [Tensor], outputs: [String]?) async throws -> [Tensor]

    /// Takes no new calls; what runs is let finish, then what was started for the model is stopped. Returns at once.
    func retire()
}
