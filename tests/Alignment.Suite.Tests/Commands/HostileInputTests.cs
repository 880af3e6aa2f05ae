using System.Text;
using Alignment.ModelCore.Checkpointing;
using System.Text.Json.Nodes;
using Alignment.Suite.Commands;
using static TorchSharp.torch;

namespace Alignment.Suite.Tests.Commands;

/// <summary>What a clumsy user types: one clear message, the right exit code, and nothing left half written.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class HostileInputTests : IDisposable
{
    private static readonly string Base = Path.Combine(Repository.Root, "samples", "helpdesk", "base");
    private readonly string folder = Directory.CreateTempSubdirectory("hostile").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("config.json", "{\"model_type\":", "not valid JSON")]
    [InlineData("config.json", "[]", "not a JSON object")]
    [InlineData("config.json", "{\"model_type\": \"llama\", \"model_type\": \"llama\"}", "config.json: not valid JSON: ")]
    [InlineData("generation_config.json", "{\"eos_token_id\": \"x\"}", "eos_token_id is \"x\"")]
    [InlineData("chat_template.jinja", "{{ m.content }", "chat template does not parse (line 1")]
    [InlineData("chat_template.jinja", "{{ raise_exception('roles must alternate') }}", "rows.jsonl:1: the chat template refuses the row: roles must alternate")]
    [InlineData("config.json", "{\"model_type\": \"llama\", \"vocab_size\": 5}", "belongs to another model")]
    public async Task Train_BrokenModelFile_NamesItAndLeavesNothing(string file, string content, string expected)
    {
        var model = Model();
        File.WriteAllText(Path.Combine(model, file), content);
        var (code, errors) = await Train("sft", model, Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Train_MoreLayersThanTensors_IsRefusedAtOnce()
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Base, "config.json")))!;
        config["num_hidden_layers"] = 2_000_000_000;
        var model = Model();
        File.WriteAllText(Path.Combine(model, "config.json"), config.ToJsonString());
        var (code, errors) = await Train("sft", model, Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains("names 2000000000 layers", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("contains:kw", """{"prompt": "a", "kw": 5}""", "rows.jsonl:1: field 'kw': is 5")]
    [InlineData("contains:kw", """{"prompt": "a", "kw": [1, null]}""", "rows.jsonl:1: field 'kw': is [1,null]")]
    [InlineData("equals:kw", """{"prompt": "a"}""", "rows.jsonl:1: field 'kw': is missing, here and in every other row")]
    public async Task Train_FieldThatARuleCannotRead_IsADataFault(string source, string row, string expected)
    {
        var (code, errors) = await ConsoleCommands.RunAsync("train", "rloo", "--set", $"model={Base}", "--set", $"data={Rows(row)}", "--set", $"reward.sources={source}", "--set", "threads=1", "--out", Out);
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Train_HalfASurrogatePair_NamesLineAndField()
    {
        var (code, errors) = await Train("dpo", Base, Rows("""{"prompt": "\ud83d", "chosen": "a", "rejected": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains("rows.jsonl:1: field 'prompt': holds one half of a surrogate pair", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_RowsOfAnotherMethod_AreToldWhereTheyBelong()
    {
        var (code, errors) = await Train("dpo", Base, Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains("'align train sft'", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tuning.method=lora tuning.target_modules=[nope]", 64, "tuning: no module of this llama model matches target_modules")]
    [InlineData("tuning.method=lora tuning.layers_to_transform=[99]", 64, "tuning.layers_to_transform: the model has no layer 99")]
    [InlineData("tuning.method=lora tuning.modules_to_save=[nope]", 64, "tuning.modules_to_save: the model has no module nope")]
    [InlineData("tuning.method=lora tuning.exclude_modules=[nope]", 64, "tuning.exclude_modules: the model has no module nope")]
    [InlineData("guards.probe_every=1 guards.probe_data=nowhere.jsonl", 64, "guards.probe_data: nowhere.jsonl does not exist")]
    public async Task Train_SettingThatCannotBe_IsRefusedBeforeTheFirstStep(string sets, int expectedCode, string expected)
    {
        var rows = Rows("""{"prompt": "a", "chosen": "b", "rejected": "c"}""");
        var (code, errors) = await ConsoleCommands.RunAsync(["train", "dpo", "--set", $"model={Base}", "--set", $"data={rows}", .. sets.Split(' ').SelectMany(s => new[] { "--set", s }), "--out", Out]);
        Assert.Equal(expectedCode, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Advise_JobThatCannotBeWritten_IsRefusedBeforeTheTrial()
    {
        var (code, errors) = await ConsoleCommands.RunAsync("advise", "--model", Base, "--data", Rows("""{"prompt": "a", "response": "b"}"""), "--memory", "2G", "--job", Path.Combine(folder, "none", "job.yaml"));
        Assert.Equal(64, code);
        Assert.Contains("lies in none", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_DamagedState_SaysWhatToDelete()
    {
        Directory.CreateDirectory(Path.Combine(Out, "state"));
        File.WriteAllText(Path.Combine(Out, "state", "training-state.safetensors"), "abc");
        var (code, errors) = await Train("sft", Base, Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains("Delete it to start over", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_OutIsTheModel_IsRefusedAndTheModelKept()
    {
        var model = Model();
        var before = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        var rows = Rows("""{"prompt": "a", "response": "b"}""");
        Assert.Equal(64, (await ConsoleCommands.RunAsync("train", "sft", "--set", $"model={model}", "--set", $"data={rows}", "--out", model)).Code);
        Assert.Equal(64, (await ConsoleCommands.RunAsync("train", "sft", "--set", $"model={Base}", "--set", $"data={rows}", "--out", model)).Code);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
        Assert.False(Directory.Exists(Path.Combine(model, "state")));
    }

    [Theory]
    [InlineData("a: &x [*x]", "alias")]
    [InlineData("model: a\n---\nmodel: b", "second document")]
    [InlineData("tuning: {method: lora}\ntuning.method: full", "set twice")]
    [InlineData("tuning: lora", "is a section")]
    [InlineData("loss: []", "loss is empty")]
    [InlineData("epochs: 1e300", "job.yaml:1: epochs: 1E+300 is outside")]
    [InlineData("beta: 0.1\ntuning:\n  rnak: 8", "job.yaml:3: Unknown key 'tuning.rnak'; did you mean tuning.rank?")]
    [InlineData("beta: 0.1\nloss: sigmiod", "job.yaml:2: loss: 'sigmiod' is not one of sigmoid,")]
    [InlineData("loss: [sigmoid, sft]\nloss_weights: [1]", "loss_weights has 1 numbers for 2 losses")]
    public async Task Train_JobFileThatContradictsItself_IsRefused(string yaml, string expected)
    {
        var job = Path.Combine(folder, "job.yaml");
        File.WriteAllText(job, yaml);
        var (code, errors) = await ConsoleCommands.RunAsync("train", "dpo", "--config", job, "--out", Out);
        Assert.Equal(64, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Index was", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Train_FolderOfSomethingElse_IsRefusedAndKept()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "metrics.jsonl"), "theirs");
        var (code, errors) = await Train("sft", Base, Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(64, code);
        Assert.Contains("holds metrics.jsonl and no state/", errors, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Out, "metrics.jsonl")], Directory.GetFileSystemEntries(Out));
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(Out, "metrics.jsonl")));
    }

    [Fact]
    public async Task Train_JobFileInTheFolder_IsNoObstacleAndStays()
    {
        var job = Path.Combine(Directory.CreateDirectory(Out).FullName, "job.yaml");
        File.WriteAllText(job, $"model: {Base}\ndata: {Rows("""{"prompt": "a", "response": "b"}""")}\nmax_steps: 1\nthreads: 1");
        var (code, errors) = await ConsoleCommands.RunAsync("train", "sft", "--config", job, "--out", Out);
        Assert.Equal((0, ""), (code, errors));
        Assert.True(File.Exists(job));
    }

    [Fact]
    public async Task Train_EveryStepDropped_PublishesNothing()
    {
        var model = Model();
        using (var loaded = CheckpointReader.LoadCausal(model, ScalarType.Float32))
        {
            using (no_grad())
            {
                loaded.named_parameters().First(p => p.name.Contains("norm", StringComparison.Ordinal)).parameter.fill_(float.NaN);
            }

            CheckpointWriter.Save(loaded, Path.Combine(folder, "broken"), new SaveOptions { CopyFilesFrom = Base });
        }

        var (code, errors) = await Train("sft", Path.Combine(folder, "broken"), Rows("""{"prompt": "a", "response": "b"}"""));
        Assert.Equal(65, code);
        Assert.Contains("not finite in the only step", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Out, "model.safetensors")));
    }

    [Fact]
    public async Task Train_SectionInOneSet_IsRead()
    {
        var (code, errors) = await ConsoleCommands.RunAsync("train", "sft", "--set", "tuning={method: lora, rank: 0}", "--out", Out);
        Assert.Equal(64, code);
        Assert.Equal("align train sft: tuning.rank: 0 is outside 1 … 4096.", errors.Trim());
    }

    [Theory]
    [InlineData("tokenize")]
    [InlineData("template")]
    public async Task Lines_BadOne_KeepWhatWasThere(string verb)
    {
        var (input, output) = (Path.Combine(folder, "in.jsonl"), Path.Combine(folder, "out.jsonl"));
        File.WriteAllText(output, "old");
        File.WriteAllBytes(input, [.. "{\"text\": \"é\", \"messages\": [{\"role\": \"user\", \"content\": \"é\"}]}\n"u8, .. Encoding.Latin1.GetBytes("{\"text\": \"é\", \"messages\": []}")]);
        var (code, errors) = await ConsoleCommands.RunAsync(verb, Base, "--jsonl", input, "--out", output);
        Assert.Equal(65, code);
        Assert.Contains("in.jsonl line 2: byte 11 is not UTF-8", errors, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(output));
        Assert.False(File.Exists(output + ".partial"));
    }

    [Theory]
    [InlineData("{\"input_ids\": [[1, 2]], \"attention_mask\": [[1, 1], [1, 1]]}", "shape of the ids")]
    [InlineData("{\"input_ids\": [[1, 2]], \"attention_mask\": [[7, 1]]}", "something else than 1")]
    public async Task Logits_MaskThatDoesNotFit_IsRefused(string ids, string expected)
    {
        var file = Path.Combine(folder, "ids.json");
        File.WriteAllText(file, ids);
        var (code, errors) = await ConsoleCommands.RunAsync("model", "logits", Base, "--ids", file, "--out", Path.Combine(folder, "l.safetensors"));
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--temperature", "NaN")]
    [InlineData("--temperature", "-1")]
    [InlineData("--max-new-tokens", "0")]
    [InlineData("--beams", "0")]
    public async Task Generate_NumberOutOfRange_NamesTheOption(string option, string value)
    {
        var (code, errors) = await ConsoleCommands.RunAsync("model", "generate", Base, "--ids", "1", option, value);
        Assert.Equal(64, code);
        Assert.Contains($"{option} must be", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model generate BASE --ids 1 --seed x", 64, "Cannot parse argument 'x' for option '--seed' as a whole number")]
    [InlineData("model generate BASE --ids 1 --temperature warm", 64, "as a number")]
    [InlineData("train", 64, "align train: say which: bco, best-of-n,")]
    [InlineData("model generate", 64, "align model generate: ")]
    [InlineData("trian sft", 64, "did you mean train?")]
    [InlineData("train sft --outt x", 64, "did you mean --out?")]
    [InlineData("model show nowhere", 65, "nowhere")]
    [InlineData("tokenize nowhere --jsonl a --out b", 65, "nowhere")]
    [InlineData("advise --model BASE --data ROWS --memory 1M --no-trial", 64, "--memory 1 MB is too little")]
    [InlineData("advise --model BASE --data nowhere.jsonl --memory 1G --no-trial", 64, "nowhere.jsonl")]
    [InlineData("model merge BASE BASE --out ROWS", 73, "rows.jsonl is a file")]
    [InlineData("model merge BASE BASE --out /proc/x", 73, "/proc/x cannot be written")]
    [InlineData("advise --model BASE --data ROWS --memory 1G --no-trial --max-steps -5", 64, "--max-steps -5")]
    [InlineData("advise --model BASE --data ROWS --memory 1G --no-trial --goal dpo", 65, "rows.jsonl:1: field 'chosen'")]
    [InlineData("advise --model BASE --data ROWS --memory 1G --goal ppo", 64, "reward_model is missing")]
    [InlineData("advise --model BASE --data ROWS --memory 1G --no-trial --set rank=4", 64, "Unknown key 'rank'")]
    public async Task Words_ThatCannotBe_EndWithTheCodeOfTheTable(string words, int expectedCode, string expected)
    {
        var rows = Rows("""{"prompt": "a", "response": "b"}""");
        var (code, errors) = await ConsoleCommands.RunAsync([.. words.Split(' ').Select(w => w.Replace("BASE", Base, StringComparison.Ordinal).Replace("ROWS", rows, StringComparison.Ordinal))]);
        Assert.Equal(expectedCode, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Nullable", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 GB", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sft", """{"prompt": "a", "response": "b", "weight": 0}""", "rows.jsonl: no row has a token to learn")]
    [InlineData("kto", """{"prompt": "a", "completion": "b", "label": true}""", "rows.jsonl: field 'label': is true in all 1 rows")]
    [InlineData("ppo", """{"prompt": "a"}""", "rows.jsonl:1: field 'prompt': has")]
    public async Task Train_DataThatCannotTeach_NamesTheFile(string method, string row, string expected)
    {
        var rows = Rows(row);
        var (code, errors) = await ConsoleCommands.RunAsync(["train", method, "--set", $"model={Base}", "--set", $"data={rows}", "--set", "max_length=66", .. method == "ppo" ? new[] { "--set", "reward.sources=length:1..5" } : [], "--out", Out]);
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    private string Out => Path.Combine(folder, "run");

    private Task<(int Code, string Errors)> Train(string method, string model, string rows) =>
        ConsoleCommands.RunAsync("train", method, "--set", $"model={model}", "--set", $"data={rows}", "--set", "max_steps=1", "--set", "threads=1", "--out", Out);

    private string Rows(params string[] lines)
    {
        var path = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(path, lines);
        return path;
    }

    private string Model()
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "model")).FullName;
        foreach (var file in Directory.GetFiles(Base))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        }

        return copy;
    }
}
