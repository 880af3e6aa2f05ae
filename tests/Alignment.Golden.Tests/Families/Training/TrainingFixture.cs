using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>A training fixture and what running it takes: its rows, models and keys in one precision.</summary>
internal sealed class TrainingFixture(GoldenCase c, ScalarType dtype, TrainingFolders folders, JsonObject keys)
{
    public GoldenCase Case => c;

    public ScalarType DType => dtype;

    public TrainingFolders Folders => folders;

    /// <summary>The recipe's keys; a method may change them before <see cref="Options"/>.</summary>
    public JsonObject Keys => keys;

    public JsonElement In => c.Json.GetProperty("in");

    public JsonElement Configuration => c.Json.GetProperty("configuration");

    public IEnumerable<JsonElement> Rows => In.GetProperty("rows").EnumerateArray();

    public T Options<T>()
        where T : TrainingOptions, new()
    {
        if (Flag("_lora"))
        {
            LoraFixture.AddKeys(c, keys);
        }

        return OptionBinder.Bind<T>(keys);
    }

    public bool Flag(string key) => Configuration.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.True;

    /// <summary>Folder of the model that the fixture gives this role.</summary>
    public string Model(string role) => c.ModelFolder(c.Json.GetProperty("models").GetProperty(role).GetString()!);

    public CausalModel Causal(string role) => CheckpointReader.LoadCausal(Model(role), dtype);

    /// <summary>The model that learns, opened as the recipes open theirs.</summary>
    public TunedModel<CausalModel> Tuned(TrainingOptions options, string role = "policy") => Begun(TunedModel.Causal(Causal(role), options));

    /// <summary>The scoring model that learns.</summary>
    public TunedModel<ScoringModel> TunedScoring(TrainingOptions options, string role) => Begun(TunedModel.Scoring(CheckpointReader.LoadScoring(Model(role), dtype), options));

    /// <summary>The run of one recipe's loop, and what it left behind.</summary>
    public TrainedCase Train(TrainingOptions options, RunInputs inputs, Action<TrainingRun> train)
    {
        var metrics = new MemoryMetrics();
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        train(run);
        using var state = TrainingState.Find(folders.State)!;
        var moments = state.ReadAll("optimizer.exp_avg.");
        return new(metrics, inputs.Trainable.ToDictionary(t => LoraFixture.NameInMemory(t.Name), t => t.Value.ToDoubles()), moments.ToDictionary(m => m.Key, m => m.Value.ToDoubles()));
    }

    /// <summary>The same for a model whose rows have these lengths.</summary>
    public TrainedCase Train(TrainingOptions options, IReadOnlyList<(string Name, Tensor Value)> trainable, IEnumerable<int> lengths, Action<TrainingRun> train) =>
        Train(options, new(trainable, options.Plan(lengths), "data", "model"), train);

    private TunedModel<T> Begun<T>(TunedModel<T> tuned)
        where T : nn.Module
    {
        if (tuned.Adapter is not null)
        {
            LoraFixture.Begin(c, tuned.Adapter);
        }

        return tuned;
    }

    public static int[] Ids(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(x => x.GetInt32())];
}
