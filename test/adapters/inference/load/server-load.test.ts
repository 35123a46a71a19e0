import { expect, it } from 'vitest'
import { parsePrometheus } from '../../../../src/adapters/inference/load/prometheus.js'
import { loadOf } from '../../../../src/adapters/inference/load/poll-load.js'

const pages: readonly (readonly [string, string, unknown])[] = [
  [
    'vLLM, two engines',
    `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="rm"} 4.0
vllm:num_requests_running{engine="1",model_name="rm"} 3.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="rm"} 0.0
vllm:num_requests_waiting{engine="1",model_name="rm"} 12.0
vllm:kv_cache_usage_perc{engine="0",model_name="rm"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="rm"} 0.75
vllm:num_preemptions_total{engine="0",model_name="rm"} 9.0
`,
    { running: 7, waiting: 12, cacheUsage: 0.75 },
  ],
  [
    'vLLM before the cache gauge was renamed',
    'vllm:num_requests_running{model_name="a"} 1.0\nvllm:num_requests_waiting{model_name="a"} 0.0\nvllm:gpu_cache_usage_perc{model_name="a"} 0.5\n',
    { running: 1, waiting: 0, cacheUsage: 0.5 },
  ],
  [
    'vLLM while it has both names',
    'vllm:num_requests_running 1\nvllm:num_requests_waiting 0\nvllm:gpu_cache_usage_perc 0.5\nvllm:kv_cache_usage_perc 0.6\n',
    { running: 1, waiting: 0, cacheUsage: 0.6 },
  ],
  [
    'SGLang',
    'sglang:num_running_reqs{model_name="m"} 2.0\nsglang:num_queue_reqs{model_name="m"} 5.0\nsglang:token_usage{model_name="m"} 0.31\n',
    { running: 2, waiting: 5, cacheUsage: 0.31 },
  ],
  [
    'llama.cpp',
    `# HELP llamacpp:requests_processing Number of requests processing.
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 2
# TYPE llamacpp:requests_deferred gauge
llamacpp:requests_deferred 2
llamacpp:prompt_tokens_total 1024
`,
    { running: 2, waiting: 2, cacheUsage: null },
  ],
  ['TGI', 'tgi_queue_size 3\ntgi_batch_current_size 8\n', { running: 8, waiting: 3, cacheUsage: null }],
  [
    'Triton, two models',
    'nv_inference_pending_request_count{model="reward_model",version="1"} 6\nnv_inference_pending_request_count{model="other",version="1"} 1\nnv_inference_exec_count{model="other",version="1"} 40\n',
    { running: null, waiting: 7, cacheUsage: null },
  ],
  ['a server that just has no figure', 'vllm:num_requests_running NaN\nvllm:num_requests_waiting NaN\n', null],
  ['another program', 'process_cpu_seconds_total 12\ngo_goroutines 8\n', null],
]

it.each(pages)('the load of %s', (_, page, load) => expect(loadOf(parsePrometheus(page))).toEqual(load))
