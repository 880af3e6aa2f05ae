using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Methods;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters;

/// <summary>Puts an adapter on a model: fresh, or from tensors under PEFT's keys. What a method is not able to do is refused by name.</summary>
public static class AdapterBuilder
{
    private static readonly Dictionary<string, IAdapterMethod> Methods = typeof(AdapterBuilder).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false, IsInterface: false } && typeof(IAdapterMethod).IsAssignableFrom(t))
        .Select(t => (IAdapterMethod)Activator.CreateInstance(t)!)
        .ToDictionary(m => m.Type, StringComparer.Ordinal);

    /// <summary>adapter_config.json as a job file's section <c>tuning</c> asks for it, for a model of this kind.</summary>
    public static AdapterConfig Configure(TuningOptions tuning, DecoderConfig decoder)
    {
        var method = Methods.Values.Single(m => m.Names.Contains(tuning.Method, StringComparer.Ordinal));
        var heads = decoder.Head == HeadKind.Language ? [] : (string[])["classifier", "score"];
        var save = tuning.ModulesToSave.Union(heads, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var keys = new JsonObject
        {
            ["peft_type"] = method.Type,
            ["task_type"] = decoder.Head switch { HeadKind.Sequence => "SEQ_CLS", HeadKind.Token => "TOKEN_CLS", _ => "CAUSAL_LM" },
            ["base_model_name_or_path"] = null, ["revision"] = null, ["inference_mode"] = true,
            ["modules_to_save"] = save.Count == 0 ? null : new JsonArray([.. save.Select(n => (JsonNode)n)]),
        };
        if (method.Type is "LORA" or "IA3")
        {
            keys["target_modules"] = tuning.Targets();
            keys["exclude_modules"] = tuning.ExcludeModules.Count == 0 ? null : new JsonArray([.. tuning.ExcludeModules.Select(n => (JsonNode)n)]);
        }

        method.Configure(keys, tuning, decoder);
        return new(keys);
    }

    /// <summary>Whether this value of <c>tuning.method</c> makes adapters of the kind that a file describes.</summary>
    public static bool Makes(string method, AdapterConfig config) => Methods.GetValueOrDefault(config.Method)?.Names.Contains(method, StringComparer.Ordinal) == true;

    /// <summary>A fresh adapter, the same for the same seed. Those that add to layers leave the model's answers as they are until they are trained.</summary>
    public static AdapterSet Create(nn.Module model, AdapterConfig config, ulong seed)
    {
        using var generator = new Generator(seed);
        return Build(model, config, null, generator);
    }

    /// <summary>An adapter with these tensors, by PEFT's keys; missing, unexpected and misshapen ones are errors that name them.</summary>
    public static AdapterSet Attach(nn.Module model, AdapterConfig config, IReadOnlyDictionary<string, Tensor> tensors) => Build(model, config, tensors, null);

    private static AdapterSet Build(nn.Module model, AdapterConfig config, IReadOnlyDictionary<string, Tensor>? tensors, Generator? generator)
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var decoder = model switch { CausalModel c => c.Config, ScoringModel s => s.Config, _ => throw new NotSupportedException(model.GetType().Name) };
        var method = Methods.GetValueOrDefault(config.Method)
            ?? throw new AdapterException($"adapter_config.json: peft_type {config.Method} is not supported; {string.Join(", ", Methods.Keys.Order(StringComparer.Ordinal))} are.");
        var site = new AdapterSite(model, decoder, config, tensors?.ToDictionary(t => method.Rename(t.Key), t => t.Value, StringComparer.Ordinal), generator);
        try
        {
            method.Build(site);
            TrainedModules.Add(site, ModuleNames.RootOf(config.Method));
            site.CheckAllUsed();
        }
        catch
        {
            site.Parts.ForEach(p => p.Dispose());
            throw;
        }

        return new(config, model, site.Parts) { ChangesBase = site.IsFresh && LoraStart.ChangesBase(config) };
    }
}
