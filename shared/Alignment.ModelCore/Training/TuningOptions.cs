using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Quantization;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>tuning</c>: which parameters learn, in every recipe alike.</summary>
public sealed class TuningOptions : IOptionSet
{
    private static readonly string[] LowRank = ["lora", "rslora", "dora"];
    private static readonly string[] Prompts = ["prefix", "prompt", "p_tuning"];
    private static readonly string[] OnLayers = [.. LowRank, "ia3"];

    [Option("What learns: every parameter, only some layers, or an adapter beside a frozen base.", Choices = "full|freeze|lora|rslora|dora|ia3|prefix|prompt|p_tuning|bottleneck")]
    public string Method { get; init; } = "full";

    [Option("freeze: how many layers learn, from the end; a negative number counts from the start. Head and final norm learn in any case, the embedding does not.", Min = -1000, Max = 1000, Unit = "layers", Source = "LLaMA-Factory: 2")]
    public int TrainableLayers { get; init; } = 2;

    [Option("How the frozen base under an adapter is held: none (as loaded), NF4 in blocks of 64, the same with quantised scales, or int8 by rows. Embedding, norms and head stay as they are.", Choices = "none|nf4|nf4_double|int8", Source = "bitsandbytes; QLoRA: nf4_double")]
    public string Quantise { get; init; } = "none";

    [Option("int8: also quantise inputs, except for columns that reach this magnitude (LLM.int8); 0 leaves inputs as they are.", Min = 0, Max = 1e6, Source = "bitsandbytes: 6")]
    public double Int8Threshold { get; init; }

    /// <summary><see cref="Quantise"/> as a format, or null.</summary>
    public QuantisationFormat? Format => Quantise == "none" ? null : QuantisationFormat.Named(Quantise) with { OutlierThreshold = Int8Threshold };

    [Option("LoRA family: rank of the two thin matrices.", Min = 1, Max = 4096, Source = "TRL: 16")]
    public int Rank { get; init; } = 16;

    [Option("LoRA family: α; what is added is scaled by α/rank, or α/√rank in rslora.", Min = 0, AboveMin = true, Max = 1e6, Source = "TRL: 32")]
    public double Alpha { get; init; } = 32;

    [Option("LoRA family: dropout on what goes into the thin matrices. Preference and reward recipes train without dropout.", Min = 0, Max = 0.95, Source = "TRL: 0.05")]
    public double Dropout { get; init; }

    [Option("Modules that get an adapter, by the end of their path, or one pattern of whole paths; all-linear: every linear layer but the head (ia3: keys, values and the feed-forward's last layer).", Source = "LLaMA-Factory: all")]
    public IReadOnlyList<string> TargetModules { get; init; } = ["all-linear"];

    [Option("Modules left out of target_modules.")]
    public IReadOnlyList<string> ExcludeModules { get; init; } = [];

    [Option("Modules trained in full beside the adapter, such as lm_head. A reward model's score always is.")]
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    [Option("LoRA family: which of the base's biases learn.", Choices = "none|all|lora_only", Source = "PEFT: none")]
    public string Bias { get; init; } = "none";

    [Option("LoRA family: gives the second thin matrix a bias of its own.", Source = "PEFT: false")]
    public bool LoraBias { get; init; }

    [Option("LoRA, DoRA: scale by α/√rank.", Source = "PEFT: false")]
    public bool UseRslora { get; init; }

    [Option("LoRA family: how the thin matrices begin; pissa and olora take the weight's leading part out of the base.", Choices = "default|gaussian|pissa|olora", Source = "PEFT: default")]
    public string InitLoraWeights { get; init; } = "default";

    [Option("LoRA family: other ranks, as 'pattern=rank', the pattern matched against the end of a module's path.")]
    public IReadOnlyList<string> RankPattern { get; init; } = [];

    [Option("LoRA family: other α, as 'pattern=alpha'.")]
    public IReadOnlyList<string> AlphaPattern { get; init; } = [];

    [Option("LoRA family: numbers of the layers that get an adapter; empty: all.")]
    public IReadOnlyList<double> LayersToTransform { get; init; } = [];

    [Option("LoRA family: token ids whose embeddings are trained in full.")]
    public IReadOnlyList<double> TrainableTokenIndices { get; init; } = [];

    [Option("ia3: the target modules whose input is scaled, not their output; empty: the feed-forward's last layer.")]
    public IReadOnlyList<string> FeedforwardModules { get; init; } = [];

    [Option("prefix, prompt, p_tuning: virtual tokens in front of every text.", Min = 1, Max = 4096, Unit = "tokens", Source = "PEFT: none; papers: 20")]
    public int VirtualTokens { get; init; } = 20;

    [Option("prefix: train a projection of the prefix, not the prefix itself.", Source = "PEFT: false")]
    public bool PrefixProjection { get; init; }

    [Option("prefix: begin with the base's own keys and values of sampled tokens, or with random numbers. A projection begins at random.", Choices = "activations|random", Source = "PEFT: random; Li and Liang 2021: activations")]
    public string PrefixInit { get; init; } = "activations";

    [Option("prefix with projection, p_tuning: width of the network that makes the prompt; 0: the token's.", Min = 0, Max = 65536, Source = "PEFT: the token's")]
    public int EncoderHiddenSize { get; init; }

    [Option("p_tuning: the network that makes the prompt.", Choices = "mlp|lstm", Source = "PEFT: mlp")]
    public string EncoderType { get; init; } = "mlp";

    [Option("p_tuning with lstm: its layers.", Min = 1, Max = 16, Unit = "layers", Source = "PEFT: 2")]
    public int EncoderLayers { get; init; } = 2;

    [Option("prompt: what the virtual tokens begin with: sampled tokens' embeddings, a text's, or random numbers.", Choices = "sample_vocab|text|random", Source = "PEFT: random; Lester et al.: sampled vocabulary")]
    public string PromptInit { get; init; } = "sample_vocab";

    [Option("prompt with prompt_init: text: the text, repeated or cut to virtual_tokens.")]
    public string PromptText { get; init; } = "";

    [Option("bottleneck: after attention and feed-forward (houlsby), after the feed-forward (pfeiffer), or beside it (parallel).", Choices = "houlsby|pfeiffer|parallel", Source = "adapters: pfeiffer")]
    public string Placement { get; init; } = "pfeiffer";

    [Option("bottleneck: the model's width over the narrow layer's; 0: 16, or 2 in the parallel form.", Min = 0, Max = 4096, Source = "adapters: 16, 2")]
    public double ReductionFactor { get; init; }

    [Option("bottleneck: activation of the narrow layer: relu, swish, gelu, gelu_new, tanh, sigmoid, leakyrelu, linear; empty: swish in houlsby, else relu.", Source = "adapters: swish, relu")]
    public string NonLinearity { get; init; } = "";

    [Option("bottleneck: learn the factor of what is added, instead of 1 (parallel: 4).", Source = "adapters: false")]
    public bool LearnedScale { get; init; }

    [Option("Folds the adapter into the finished checkpoint; false writes a PEFT folder that names its base. Unset: folded in, or where that is impossible or the base is quantised, the base with the adapter beside it.")]
    public bool? Merge { get; init; }

    [Option("Where model names an adapter's folder: go on training that adapter, with the settings it has, instead of folding it into its base first. Unset: only where it cannot be folded in (learned prompts, bottleneck adapters), and method is left out or its own.")]
    public bool? ContinueAdapter { get; init; }

    /// <summary>Whether a frozen base carries something that learns.</summary>
    public bool IsAdapter => Method is not ("full" or "freeze");

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var (key, methods) in Owners().Where(o => given.Contains(o.Key) && !(ContinueAdapter == true && o.Key == "merge") && !o.Methods.Contains(Method, StringComparer.Ordinal)))
        {
            yield return $"{key} needs method: {string.Join(" or ", methods)}, and method is {Method}.";
        }

        if (Method == "prompt" && (PromptInit == "text") != (PromptText.Length > 0))
        {
            yield return "prompt_text and prompt_init: text go together: " + (PromptText.Length > 0 ? $"prompt_init is {PromptInit}." : "prompt_text is empty.");
        }

        if (given.Contains("encoder_hidden_size") && Method == "prefix" && !PrefixProjection)
        {
            yield return "encoder_hidden_size needs prefix_projection: true.";
        }

        if (given.Contains("prefix_init") && PrefixProjection)
        {
            yield return "prefix_init has no effect with prefix_projection: true. Remove one.";
        }

        if (given.Contains("encoder_layers") && EncoderType != "lstm")
        {
            yield return "encoder_layers needs encoder_type: lstm.";
        }

        if (Merge == true && (Prompts.Contains(Method) || Method == "bottleneck"))
        {
            yield return $"merge: true cannot go with method: {Method}, which has no place in the base's weights.";
        }

        if (Method == "rslora" && given.Contains("use_rslora") && !UseRslora)
        {
            yield return "use_rslora: false contradicts method: rslora. Use method: lora.";
        }

        if (Merge == false && InitLoraWeights is ("pissa" or "olora"))
        {
            yield return $"merge: false cannot go with init_lora_weights: {InitLoraWeights}, which changes the base; the adapter alone would not fit it.";
        }

        foreach (var (key, list) in new[] { ("rank_pattern", RankPattern), ("alpha_pattern", AlphaPattern) })
        {
            foreach (var entry in list.Where(e => Split(e) is null))
            {
                yield return $"{key}: '{entry}' is not of the form pattern=number with a number above 0.";
            }
        }

        foreach (var (key, list) in new[] { ("layers_to_transform", LayersToTransform), ("trainable_token_indices", TrainableTokenIndices) })
        {
            if (list.Any(n => n < 0 || n != Math.Floor(n)))
            {
                yield return $"{key} holds a number that is not whole and at least 0.";
            }
        }

        if (ContinueAdapter == true)
        {
            foreach (var key in given.Where(k => k is not ("continue_adapter" or "method" or "merge" or "quantise" or "int8_threshold")))
            {
                yield return $"{key} cannot be set with continue_adapter: true: the adapter keeps the settings that it has.";
            }
        }

        if (Quantise != "none" && ContinueAdapter != true && (Method is "full" or "freeze"))
        {
            yield return $"quantise: {Quantise} needs an adapter: a quantised weight cannot learn, and method is {Method}.";
        }

        if (given.Contains("int8_threshold") && Quantise != "int8")
        {
            yield return $"int8_threshold needs quantise: int8, and quantise is {Quantise}.";
        }
    }

    /// <summary>target_modules as adapter_config.json writes it: a list of names, or one pattern.</summary>
    internal JsonNode Targets() => TargetModules is [var one] && (one == "all-linear" || one.IndexOfAny(['*', '^', '$', '(', '[', '|', '\\', '+', '?']) >= 0)
        ? JsonValue.Create(one)! : new JsonArray([.. TargetModules.Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]);

    /// <summary>Entries of the form pattern=number as a dictionary.</summary>
    internal JsonObject Numbers(IReadOnlyList<string> entries)
    {
        var o = new JsonObject();
        foreach (var (pattern, number) in entries.Select(e => Split(e) ?? throw new OptionsException([$"tuning: '{e}' is not of the form pattern=number."])))
        {
            o[pattern] = number == Math.Floor(number) ? JsonValue.Create((long)number) : JsonValue.Create(number);
        }

        return o;
    }

    private static (string Pattern, double Number)? Split(string entry) => entry.LastIndexOf('=') is var at and > 0
        && double.TryParse(entry.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n > 0 ? (entry[..at].Trim(), n) : null;

    private static IEnumerable<(string Key, string[] Methods)> Owners()
    {
        yield return ("trainable_layers", ["freeze"]);
        foreach (var key in (string[])["rank", "alpha", "bias", "lora_bias", "init_lora_weights", "rank_pattern", "alpha_pattern", "layers_to_transform", "trainable_token_indices"])
        {
            yield return (key, LowRank);
        }

        yield return ("use_rslora", LowRank);
        yield return ("feedforward_modules", ["ia3"]);
        yield return ("target_modules", OnLayers);
        yield return ("exclude_modules", OnLayers);
        yield return ("modules_to_save", [.. OnLayers, .. Prompts]);
        yield return ("merge", [.. OnLayers, .. Prompts, "bottleneck"]);
        yield return ("dropout", [.. LowRank, "bottleneck"]);
        yield return ("virtual_tokens", Prompts);
        yield return ("prefix_projection", ["prefix"]);
        yield return ("prefix_init", ["prefix"]);
        yield return ("encoder_hidden_size", ["prefix", "p_tuning"]);
        yield return ("encoder_type", ["p_tuning"]);
        yield return ("encoder_layers", ["p_tuning"]);
        yield return ("prompt_init", ["prompt"]);
        yield return ("prompt_text", ["prompt"]);
        foreach (var key in (string[])["placement", "reduction_factor", "non_linearity", "learned_scale"])
        {
            yield return (key, ["bottleneck"]);
        }
    }
}
