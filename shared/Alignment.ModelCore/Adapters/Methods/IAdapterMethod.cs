using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Training;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>A way to fine-tune few parameters: what it adds to which layer. One file each, found by its names.</summary>
internal interface IAdapterMethod
{
    /// <summary><c>peft_type</c> in adapter_config.json.</summary>
    string Type { get; }

    /// <summary>What job files call it in <c>tuning.method</c>; none: it is used and merged, but not trained from new.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Writes the keys of adapter_config.json that a job file asks for.</summary>
    void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder);

    /// <summary>A tensor's name here, where other programs write other names.</summary>
    string Rename(string key) => key;

    /// <summary>Adds everything to the model that <paramref name="site"/> describes.</summary>
    void Build(AdapterSite site);
}
