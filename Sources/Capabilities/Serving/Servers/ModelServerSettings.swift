// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How servers of models are started on this machine, and how many.
package struct ModelServerSettings: Sendable {
    /// The program and its arguments. `{model}` stands for the folder of the model, `{port}` for a port of 127.0.0.1 or `{socket}` for a
    /// socket's path to listen on, `{name}` for the model's name in paths.
    package var command: [String]
    package var wire: ServerProtocol
    /// The whole environment, beside `HOME`: nothing is inherited.
    package var environment: [String: String]
    package var scaling = ReplicaScaler.Settings()
    package var limits = ReplicaPlan.Limits()
    /// Of one replica.
    package var memoryBytes: Int64?
    /// Whether nothing is started where there is no sandbox.
    package var requiresSandbox = false
    /// Calls that wait for a replica; one more is refused.
    package var waitingCalls = 100
    /// How long a call waits for a replica.
    package var waitLimit = Duration.seconds(60)
    /// How long a replica may take for one call.
    package var callLimit = Duration.seconds(30)
    /// From SIGTERM to SIGKILL.
    package var grace = Duration.seconds(5)
    package var healthInterval = Duration.seconds(2)
    package var healthLimit = Duration.seconds(2)
    /// Health checks in a row without a good answer, after which a replica is ended.
    package var healthFailures = 3
    /// How often a replica that is starting is asked whether it answers.
    package var startInterval = Duration.milliseconds(200)
    /// How often the number of replicas is thought over.
    package var turn = Duration.seconds(1)

    package init(command: [String], wire: ServerProtocol, environment: [String: String]) {
        self.command = command
        self.wire = wire
        self.environment = environment
    }

    /// - Throws: `Problem` `.invalid` for a command that does not say where it listens.
    package func check() throws(Problem) {
        let text = command.joined(separator: " ")
        guard let program = command.first, !program.isEmpty, text.contains("{port}") != text.contains("{socket}") else {
            throw Problem(
                .invalid, "serving.server.command-malformed", "The command that serves models does not say where to listen.",
                why: "It has to name either {port} or {socket}.",
                fix: "Write for example: mlflow models serve --env-manager local --model-uri {model} --host 127.0.0.1 --port {port}")
        }
    }

    var listensOnSocket: Bool { command.contains { $0.contains("{socket}") } }
}
