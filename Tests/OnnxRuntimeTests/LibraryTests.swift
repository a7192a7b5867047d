// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import OnnxRuntime
import Testing

@Suite("Finding and loading ONNX Runtime")
struct LibraryTests {
    /// A folder of its own for each test, with empty files at the paths given.
    private func withFolder(_ files: [String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dhow-onnx-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for file in files {
            let url = folder.appendingPathComponent(file)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        try body(folder.path)
    }

    @Test("looks first where the person says, then in the variable, the product's folder and the virtual environment")
    func order() throws {
        let runtime = "product/.runtime/onnxruntime/libonnxruntime.so.1.32.0"
        let python = "venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.30.0"
        try withFolder(["given.so", "variable/libonnxruntime.so.1", runtime, python, "product/.build/release/dhow"]) { folder in
            let environment = ["DHOW_ONNXRUNTIME": "\(folder)/variable", "VIRTUAL_ENV": "\(folder)/venv"]
            let products = ["\(folder)/elsewhere", "\(folder)/product/.build/release"]
            func found(_ explicit: String?, _ environment: [String: String], _ products: [String]) -> String? {
                OnnxRuntimeLibrary.locate(explicit: explicit, environment: environment, besides: products).path
            }
            #expect(found("\(folder)/given.so", environment, products) == "\(folder)/given.so")
            #expect(found(nil, environment, products) == "\(folder)/variable/libonnxruntime.so.1")
            #expect(found(nil, ["VIRTUAL_ENV": "\(folder)/venv"], products) == "\(folder)/\(runtime)")
            #expect(found(nil, ["VIRTUAL_ENV": "\(folder)/venv"], ["\(folder)/elsewhere"]) == "\(folder)/\(python)")
        }
    }

    @Test("takes the newest of several libraries, by number, and no other file")
    func newest() throws {
        try withFolder(["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.32.0", "libonnxruntime_providers_shared.so"]) { folder in
            let location = OnnxRuntimeLibrary.locate(explicit: folder, environment: [:], besides: [])
            #expect(location.path == "\(folder)/libonnxruntime.so.1.32.0")
        }
    }

    @Test("does not fall back when the path that a person gave is wrong")
    func explicitIsFinal() {
        let environment = ["DHOW_ONNXRUNTIME": "/nowhere/else"]
        let folders = [Fixtures.project.path]
        let flag = OnnxRuntimeLibrary.locate(explicit: "/nowhere", environment: environment, besides: folders)
        #expect(flag == .init(path: nil, tried: ["--onnxruntime /nowhere"]))
        let variable = OnnxRuntimeLibrary.locate(explicit: nil, environment: environment, besides: folders)
        #expect(variable == .init(path: nil, tried: ["DHOW_ONNXRUNTIME=/nowhere/else"]))
    }

    @Test("says where it looked and how to install when there is no library")
    func missing() {
        let nothing = OnnxRuntimeLibrary.Location(path: nil, tried: ["/a/.runtime/onnxruntime", "the loader's path"])
        let places = #expect(throws: Problem.self) { _ = try OnnxModelRuntime(nothing) }
        #expect(places?.kind == .unavailable)
        #expect(places?.code == "serving.onnxruntime.missing")
        #expect(places?.why == "Looked in: /a/.runtime/onnxruntime, the loader's path.")
        #expect(places?.fix?.contains("make setup") == true)
        let path = #expect(throws: Problem.self) { _ = try OnnxModelRuntime(libraryPath: "/nowhere/libonnxruntime.so") }
        #expect(path?.code == "serving.onnxruntime.missing")
        #expect(path?.why?.contains("/nowhere/libonnxruntime.so") == true)
    }

    @Test("refuses a file that is no shared library, and a shared library that is not ONNX Runtime")
    func unloadable() throws {
        try withFolder(["libonnxruntime.so"]) { folder in
            let empty = #expect(throws: Problem.self) { _ = try OnnxModelRuntime(libraryPath: "\(folder)/libonnxruntime.so") }
            #expect(empty?.kind == .unavailable)
            #expect(empty?.code == "serving.onnxruntime.unloadable")
        }
        let other = #expect(throws: Problem.self) { _ = try OnnxRuntimeLibrary(path: "libm.so.6") }
        #expect(other?.why?.contains("OrtGetApiBase") == true)
    }

    @Test("states the version of the library that `make setup` installs")
    func version() throws {
        let library = try Fixtures.runtime().library
        #expect(library.version.split(separator: ".").count == 3)
        #expect(!library.hasCUDA, "The wheel that is installed is the one without.")
    }
}
