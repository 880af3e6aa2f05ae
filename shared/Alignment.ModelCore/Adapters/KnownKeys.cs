namespace Alignment.ModelCore.Adapters;

/// <summary>The keys of adapter_config.json that PEFT 0.21 writes for the methods here, and those of bottleneck adapters.</summary>
internal static class KnownKeys
{
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        // Every method.
        "auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save", "peft_type", "peft_version", "revision", "task_type",

        // LoRA, AdaLoRA, IA³.
        "alora_invocation_tokens", "alpha_pattern", "arrow_config", "beta1", "beta2", "bias", "corda_config", "deltaT", "ensure_weight_tying", "eva_config",
        "exclude_modules", "fan_in_fan_out", "feedforward_modules", "init_ia3_weights", "init_lora_weights", "init_r", "kasa_config", "layer_replication",
        "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core",
        "monteclora_config", "orth_reg_weight", "qalora_group_size", "r", "rank_pattern", "target_modules", "target_parameters", "target_r", "tfinal", "tinit",
        "total_step", "trainable_token_indices", "use_bdlora", "use_dora", "use_qalora", "use_rslora", "velora_config",

        // Prefix tuning, prompt tuning, P-tuning.
        "encoder_dropout", "encoder_hidden_size", "encoder_num_layers", "encoder_reparameterization_type", "init_weights", "num_attention_heads", "num_layers",
        "num_transformer_submodules", "num_virtual_tokens", "prefix_projection", "prompt_tuning_init", "prompt_tuning_init_text", "token_dim", "tokenizer_kwargs",
        "tokenizer_name_or_path",

        // Bottleneck adapters, as the adapters library calls them.
        "dropout", "is_parallel", "leave_out", "ln_after", "ln_before", "mh_adapter", "non_linearity", "original_ln_after", "original_ln_before", "output_adapter",
        "reduction_factor", "residual_before_ln", "scaling", "use_gating",
    };
}
