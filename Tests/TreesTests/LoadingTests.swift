// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import LightGBM
import Testing
import XGBoost

@Suite("Loading models of trees")
struct LoadingTests {
    @Test("refuses what is no model, empty, cut short or of the other library, and says why")
    func unreadable() throws {
        let ubj = try Fixtures.bytes("xgboost_binary.ubj")
        let json = try Fixtures.bytes("xgboost_multiclass.json")
        let text = try Fixtures.bytes("lightgbm_binary.txt")
        let xgboost: [[UInt8]] = [
            [], [1, 2, 3], Array(ubj.prefix(ubj.count / 2)), Array(json.prefix(json.count / 2)), Array("{}".utf8), text,
        ]
        for bytes in xgboost {
            let problem = #expect(throws: Problem.self) { _ = try Fixtures.xgboost().load(bytes) }
            #expect(problem?.code == "serving.model.unreadable")
            #expect(problem?.why?.isEmpty == false)
        }
        let lightGBM: [[UInt8]] = [
            [], [1, 2, 3], Array("tree\n".utf8), Array(text.prefix(text.count / 3)), ubj, Array("tree\nversion=v4\n".utf8),
        ]
        for bytes in lightGBM {
            let problem = #expect(throws: Problem.self) { _ = try Fixtures.lightGBM().load(bytes) }
            #expect(problem?.code == "serving.model.unreadable")
            #expect(problem?.why?.isEmpty == false)
        }
    }

    @Test(
        "a model cut off anywhere, or with any byte changed, is refused or runs; the process goes on",
        arguments: [GoldenModel.all[0], GoldenModel.all[2], GoldenModel.all[5], GoldenModel.all[6]])
    func changed(golden: GoldenModel) throws {
        let runtime: any ModelRuntime = try golden.name.hasPrefix("xgboost") ? Fixtures.xgboost() : Fixtures.lightGBM()
        let whole = try Fixtures.bytes("\(golden.name).\(golden.ending)")
        let rows = try Fixtures.expected(golden.name).tensors()
        for length in stride(from: 0, to: whole.count, by: 97) {
            let loaded = try? runtime.load(Array(whole[..<length]))
            _ = try? loaded?.infer(rows, outputs: nil)
        }
        for position in stride(from: 0, to: whole.count, by: 23) {
            for mask: UInt8 in [0x05, 0x80] {
                var changed = whole
                changed[position] ^= mask
                let loaded = try? runtime.load(changed)
                _ = try? loaded?.infer(rows, outputs: nil)
            }
        }
        #expect(try runtime.load(whole).infer(rows, outputs: nil).count == golden.outputs.count)
    }

    @Test("refuses a LightGBM model whose categories are texts")
    func categories() throws {
        let text = String(decoding: try Fixtures.bytes("lightgbm_binary.txt"), as: UTF8.self)
            .replacing("pandas_categorical:null", with: #"pandas_categorical:[["a", "b"]]"#)
        #expect(text.contains(#"["a", "b"]"#))
        let problem = #expect(throws: Problem.self) { _ = try Fixtures.lightGBM().load(Array(text.utf8)) }
        #expect(problem?.code == "serving.model.unsupported")
    }

    @Test("finds the libraries beside the project and says where it looked when they are missing")
    func libraries() throws {
        #expect(try Fixtures.xgboost().library.version.split(separator: ".").count == 3)
        let folders = ["/nowhere"]
        let missing = #expect(throws: Problem.self) {
            _ = try XGBoostRuntime(XGBoostLibrary.locate(explicit: "/nowhere", environment: [:], besides: folders))
        }
        #expect(missing?.code == "serving.xgboost.missing")
        #expect(missing?.why == "Looked in: --xgboost /nowhere.")
        let other = #expect(throws: Problem.self) { _ = try LightGBMLibrary(path: "libm.so.6") }
        #expect(other?.code == "serving.lightgbm.unloadable")
        #expect(other?.why?.contains("LGBM_GetLastError") == true)
    }
}
